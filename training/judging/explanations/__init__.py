"""Judging explanations: whether they add up, show the decision rather than the picture, and foretell erasing."""
