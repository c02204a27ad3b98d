"""The page: one Gradio tab per file, beside the picture panel that they share."""
