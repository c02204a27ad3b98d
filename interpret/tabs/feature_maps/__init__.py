"""The Feature maps tab, a module for each of its sections."""
