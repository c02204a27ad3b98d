"""How an uploaded file becomes an upright picture in 8-bit sRGB: each format's traps, and the limits on them."""
