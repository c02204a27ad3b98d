"""Fitting the network: the Lightning module, its optimiser, the trainer and what the machine offers it."""
