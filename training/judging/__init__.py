"""Judging a network and its explanations: accuracy, calibration, faithfulness, sanity checks."""
