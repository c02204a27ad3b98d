"""The Misclassified tab, a module for each of its sections."""
