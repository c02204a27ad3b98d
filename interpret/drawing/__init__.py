"""Arrays as pictures, values as colours, findings as sentences."""
