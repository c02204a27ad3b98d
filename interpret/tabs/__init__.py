"""The page, with `app.py` the only code that imports gradio: a module or a folder for each tab, and what they share."""
