"""Downloads on the GradCAM tab: a map as numbers, and laid on the picture at the picture's own resolution."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from jaxtyping import UInt8

from interpret.attribution.cam import resize_map
from interpret.drawing.render import overlay
from interpret.explanation import Explanation, GradCamControls, Question, Style, asked_classes, explain
from interpret.prediction import probabilities_of
from interpret.tabs.page.events import MODEL_QUEUE, emptied_by
from interpret.tabs.page.files import keep, png
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease
from model.images import prepare_large


def export_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/export`."""

    @served.answers_on_gpu
    def export(
        image: str | None,
        opacity: float = 0.5,
        layer: str = "resnet_block3",
        class_name: str = "predicted",
        squaring: str = "crop",
        smooth: bool = False,
        method: str = "grad_cam",
        palette: str = "magma",
        against: str = "none",
    ) -> list[str]:
        """A map as files: its numbers with all that made them (JSON), the bare array (.npy), and the overlay (PNG) at
        the picture's own resolution, at most 1,024 pixels a side, and at the 32x32 pixels that the network sees.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            opacity: of the evidence on the picture, from 0 (picture only) to 1 (evidence only).
            layer: the stage whose activations are weighed.
            class_name: the class to explain, or "predicted".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
            smooth: interpolate the overlay between cells.
            method: as of /gradcam.
            palette: as of /gradcam.
            against: a second class, whose map and by how many logits the first one leads it the JSON then tells, or
                "none".
        Returns:
            Four files: map.json, map.npy, overlay.png and overlay-32.png.
        """
        question = Question(image, squaring, layer, asked_classes(class_name, against), method)
        style = Style(opacity, smooth, palette)
        found = explain(served, question)
        array, text = io.BytesIO(), json.dumps(document(served, question, found, style), indent=2)
        np.save(array, found.maps[0])
        assert image is not None
        large = np.asarray(prepare_large(image, squaring))
        return [
            keep("map.json", text.encode()),
            keep("map.npy", array.getvalue()),
            keep("overlay.png", overlay_at(large, found, style)),
            keep("overlay-32.png", overlay_at(found.pixels, found, style)),
        ]

    return export


def document(served: ServedRelease, question: Question, found: Explanation, style: Style) -> dict[str, Any]:
    """Everything that `map.json` says; it is enough to compute the map, and what the overlays' colours mean, again.

    `against` is null without a second class; where a method's cells add up to the score, the two maps' difference adds
    up to the `margin`.
    """
    logits, names, scale = found.cam.logits, served.class_names, found.scale(style.palette)
    probabilities = probabilities_of(logits[None], served.network.config.temperature)[0]
    return {
        "class": found.names[0],
        "method": question.method,
        "layer": question.layer,
        "squaring": question.squaring,
        "unit": found.method.unit,
        "map": found.maps[0].tolist(),
        "colours": {"palette": scale.palette, "low": scale.low, "high": scale.high, "opacity": style.opacity},
        "against": _against(found) if len(found.names) > 1 else None,
        "logits": dict(zip(names, logits.tolist(), strict=True)),
        "probabilities": dict(zip(names, probabilities.tolist(), strict=True)),
        "sentence": found.sentence(),
        "picture_sha256": hashlib.sha256(found.pixels.tobytes()).hexdigest(),
        "release": served.release.identifier,
        "commit": served.choice.commit,
    }


def _against(found: Explanation) -> dict[str, Any]:
    first, second = (found.cam.logits[index] for index in found.cam.class_indices)
    return {"class": found.names[1], "map": found.maps[1].tolist(), "margin": float(first - second)}


def overlay_at(pixels: UInt8[np.ndarray, "side side 3"], found: Explanation, style: Style) -> bytes:
    """The first map on the picture at this resolution, as a PNG file."""
    values = resize_map(found.cam.maps[0].cpu(), len(pixels), smooth=style.smooth).numpy()
    return png(overlay(pixels, found.scale(style.palette).paint(values), style.opacity))


def export_section(served: ServedRelease, panel: PicturePanel, controls: GradCamControls) -> None:
    """Builds the section and its endpoint `/export`."""
    c = controls
    inputs: list[Any] = [
        panel.picture, c.opacity, c.layer, c.explained, panel.squaring, c.smooth, c.method, c.palette, c.against
    ]  # fmt: skip
    gr.Markdown(
        "The map as JSON and as a NumPy array; the overlay at the picture's own resolution (at most 1,024 pixels a "
        "side) and at 32×32."
    )
    prepare = gr.Button("Prepare the files", size="sm", elem_id="prepare-files")
    files = gr.File(label="Files", file_count="multiple", interactive=False, elem_id="exported-files")
    preparing = prepare.click(
        export_endpoint(served), inputs, files, api_name="export", show_progress="minimal", **MODEL_QUEUE
    )
    # Neither old files nor those of a question that is no longer asked.
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    emptied_by(changes, {files: None}, preparing)
