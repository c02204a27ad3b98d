"""What is explained: pure functions from a network and images to arrays, and from arrays to pictures and sentences."""
