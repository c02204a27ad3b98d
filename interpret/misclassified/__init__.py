"""The test images that a network gets wrong: found, judged by what people said of their labels, and explained."""
