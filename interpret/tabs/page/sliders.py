"""Sliders that answer anything but a number in words; Gradio's own fail on it, with a masked error."""

import math
from typing import Any

import gradio as gr


def slider(minimum: float, maximum: float, **options: Any) -> gr.Slider:
    """Gradio's slider. What the API gives it must be a finite number; Gradio says itself if it is out of range."""
    made = gr.Slider(minimum, maximum, **options)

    def preprocess(payload: Any) -> float:
        if isinstance(payload, bool) or not isinstance(payload, int | float) or not math.isfinite(payload):
            raise gr.Error(
                f"{made.label}: {payload!r} is not a number; give one from {minimum:g} to {maximum:g}.",
                print_exception=False,
            )
        try:
            return gr.Slider.preprocess(made, payload)
        except gr.Error as refusal:
            refusal.print_exception = False  # it is the caller's mistake, not one for the log
            raise

    made.preprocess = preprocess  # type: ignore[method-assign]
    return made
