"""The GradCAM tab, a module for each of its sections."""
