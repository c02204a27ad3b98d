"""CIFAR-10: read, verified, augmented, in batches."""
