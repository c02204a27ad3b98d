"""What the app answers with: pictures, confidences, galleries."""

from typing import Any

import gradio as gr

from interpret.prediction import percent
from interpret.tabs.page.static import markup


def result_picture(label: str, elem_id: str, *, chart: bool = False, visible: bool = True) -> gr.Image:
    """A picture that the app answers with, as lossless PNG; a `chart` carries text and legends."""
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        visible=visible,
        min_width=280,
        buttons=["download", "fullscreen"],
        elem_id=elem_id,
        elem_classes=["pixels", "chart"] if chart else "pixels",
    )


def confidence_bars(elem_id: str, label: str | None = None) -> gr.HTML:
    """Where `drawn_confidences` are shown. Gradio's own list rounds 99.7% up to certainty."""
    return gr.HTML(
        label=label, show_label=label is not None, container=label is not None, padding=True, elem_id=elem_id
    )


def drawn_confidences(confidences: dict[str, float]) -> str:
    """Classes and their confidences, in [0, 1], as HTML."""
    return "".join(
        markup("confidence", class_name=name, share=f"{share:.3f}", words=percent(share))
        for name, share in confidences.items()
    )


def thumbnail_gallery(
    label: str, elem_id: str, *classes: str, columns: int, pictures: list[tuple[Any, str]] | None = None
) -> gr.Gallery:
    """A gallery of small pictures with captions, to click on, as lossless PNG."""
    return gr.Gallery(
        pictures,
        label=label,
        columns=columns,
        height="auto",
        object_fit="fill",
        allow_preview=False,
        format="png",
        interactive=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes=["pixels", *classes],
    )
