"""A page with nothing on it, and an endpoint that does nothing: what torch and Gradio cost by themselves."""

import gradio as gr
import torch  # noqa: F401 - the app needs it too


def nothing(image: str) -> tuple[dict[str, float], str, str]:
    """Answers like `/gradcam`, with the picture that it was given."""
    return {"cat": 1.0}, image, image


with gr.Blocks() as demo:
    picture = gr.Image(type="filepath", visible=False)
    answer = [gr.Label(visible=False), gr.Image(visible=False), gr.Image(visible=False)]
    gr.on([], nothing, picture, answer, api_name="nothing")

if __name__ == "__main__":
    demo.launch(ssr_mode=False)
