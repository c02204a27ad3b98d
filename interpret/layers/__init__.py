"""What a layer sees (its feature maps) and what it has learnt (its kernels)."""
