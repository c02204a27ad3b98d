"""Live: what a camera sees, explained picture by picture, by a switch on the GradCAM tab."""
