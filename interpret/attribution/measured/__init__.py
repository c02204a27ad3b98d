"""What the network really says of an image when cells of it are erased."""
