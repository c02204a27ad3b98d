"""CIFAR-10, or pictures of one's own classes: read, verified, augmented, in batches."""
