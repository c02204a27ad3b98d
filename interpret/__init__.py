"""What is explained: pure functions from a network and arrays to arrays, and from arrays to pictures."""
