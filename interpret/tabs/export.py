"""Downloads on the GradCAM tab: a map as numbers, and laid on the picture at the picture's own resolution."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from PIL import Image

from interpret.cam import resize_map
from interpret.prediction import probabilities_of
from interpret.render import overlay
from interpret.tabs.explain import Explanation, GradCamControls, Question, Style, explain
from interpret.tabs.picture import PicturePanel
from interpret.tabs.served import MODEL_QUEUE, PRIVATE, ServedRelease
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
    ) -> list[str]:
        """A map as files: its numbers with all that made them (JSON), the bare array (.npy), and the overlay at the
        picture's own resolution (PNG).

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            opacity: of the evidence on the picture, from 0 (picture only) to 1 (evidence only).
            layer: the stage whose activations are weighed.
            class_name: the class to explain, or "predicted".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
            smooth: interpolate the overlay between cells.
            method: as of /gradcam.
            palette: as of /gradcam.
        Returns:
            Three files: map.json, map.npy and overlay.png.
        """
        question = Question(image, squaring, layer, (class_name,), method)
        found = explain(served, question)
        array, text = io.BytesIO(), json.dumps(document(served, question, found), indent=2)
        np.save(array, found.maps[0])
        picture = io.BytesIO()
        large_overlay(question, found, Style(opacity, smooth, palette)).save(picture, "PNG")
        return [
            _kept("map.json", text.encode()),
            _kept("map.npy", array.getvalue()),
            _kept("overlay.png", picture.getvalue()),
        ]

    return export


def document(served: ServedRelease, question: Question, found: Explanation) -> dict[str, Any]:
    """Everything that `map.json` says; it is enough to compute the map again."""
    logits, names = found.cam.logits, served.class_names
    probabilities = probabilities_of(logits[None], served.network.config.temperature)[0]
    return {
        "class": found.names[0],
        "method": question.method,
        "layer": question.layer,
        "squaring": question.squaring,
        "unit": found.method.unit,
        "map": found.maps[0].tolist(),
        "logits": dict(zip(names, logits.tolist(), strict=True)),
        "probabilities": dict(zip(names, probabilities.tolist(), strict=True)),
        "sentence": found.sentence(),
        "picture_sha256": hashlib.sha256(found.pixels.tobytes()).hexdigest(),
        "release": served.release.identifier,
        "commit": served.choice.commit,
    }


def large_overlay(question: Question, found: Explanation, style: Style) -> Image.Image:
    """The map on the squared picture at its own resolution, at most 1024 pixels wide."""
    assert question.image is not None
    pixels = np.asarray(prepare_large(question.image, question.squaring))
    values = resize_map(found.cam.maps[0].cpu(), len(pixels), smooth=style.smooth).numpy()
    return Image.fromarray(overlay(pixels, found.scale(style.palette).paint(values), style.opacity))


def _kept(name: str, content: bytes) -> str:
    """A file in Gradio's own cache, which Gradio empties; equal content is kept once."""
    folder = Path(get_upload_folder(), hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    partial = folder / f".{name}.partial"
    if not path.exists():
        partial.write_bytes(content)
        partial.rename(path)
    return str(path)


def export_section(served: ServedRelease, panel: PicturePanel, controls: GradCamControls) -> None:
    """Builds the section and its endpoint `/export`."""
    c = controls
    inputs: list[Any] = [panel.picture, c.opacity, c.layer, c.explained, panel.squaring, c.smooth, c.method, c.palette]
    gr.Markdown("The map as JSON and as a NumPy array, and the overlay at the picture's own resolution.")
    prepare = gr.Button("Prepare the files", size="sm", elem_id="prepare-files")
    files = gr.File(label="Files", file_count="multiple", interactive=False, elem_id="exported-files")
    prepare.click(export_endpoint(served), inputs, files, api_name="export", show_progress="minimal", **MODEL_QUEUE)
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    gr.on(changes, lambda: None, None, files, **PRIVATE)
