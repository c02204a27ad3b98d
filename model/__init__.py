"""What is served: the network, its input, and the release that stores it."""
