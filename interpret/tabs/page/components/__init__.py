"""The page's components: Gradio's, with what it leaves out."""
