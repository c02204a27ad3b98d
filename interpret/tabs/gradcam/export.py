"""Downloads on the GradCAM tab: a map as numbers, and laid on the picture at the picture's own resolution."""

import hashlib
import json
from collections.abc import Callable, Generator
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.explanation import NO_CLASS, PREDICTED, Explanation, Question, Style, classes_in_question, explain_steps
from interpret.tabs.page.events import MODEL_QUEUE, emptied_by, endpoint
from interpret.tabs.page.files import keep, npy, png
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from model.images import prepare_large


def export_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/export`."""

    @served.answers_in_steps
    def export(
        image: str | None,
        opacity: float = Style.opacity,
        layer: str = Question.layer,
        class_name: str = PREDICTED,
        squaring: str = Question.resize_mode,
        smooth: bool = Style.smooth,
        method: str = Question.method,
        palette: str = Style.palette,
        against: str = NO_CLASS,
        orders: float = USUAL_SAMPLING.orders,
        seed: float = USUAL_SAMPLING.seed,
        grid: str = USUAL_SAMPLING.grid,
        fill: str = USUAL_SAMPLING.fill,
    ) -> Generator[float, None, list[str]]:
        """A map as files: its numbers with all that made them (JSON), the bare array (.npy), and the overlay (PNG) at
        the picture's own resolution, at most 1,024 pixels a side, and at the 32x32 pixels that the network sees.

        Parameters:
            against: a second class, for the JSON to tell its map and the first one's lead over it in logits; or "none".
        Returns:
            Four files: map.json, map.npy, overlay.png and overlay-32.png.
        """
        classes, sampling = classes_in_question(class_name, against), Sampling(orders, seed, grid, fill)
        question = Question(chosen(image), squaring, layer, classes, method, sampling)
        style, found = Style(opacity, smooth, palette), (yield from explain_steps(served.explainer, question))
        text = json.dumps(document(served, question, found, style), indent=2)
        large = np.asarray(prepare_large(question.image, squaring))
        return [
            keep("map.json", text.encode()),
            keep("map.npy", npy(found.maps[0])),
            keep("overlay.png", png(found.overlays_on(large, style)[0])),
            keep("overlay-32.png", png(found.overlays_on(found.pixels, style)[0])),
        ]

    return export


def document(served: ServedRelease, question: Question, found: Explanation, style: Style) -> dict[str, Any]:
    """Everything that `map.json` says; it is enough to compute the map, and what the overlays' colours mean, again.

    `against` is null without a second class; where a method's cells add up to the score, the two maps' difference adds
    up to the `margin`. `balance` says what a class's score is made of; `measured` is null unless cells were erased.
    """
    logits, names, scale = found.cam.logits, served.class_names, found.scale(style.palette)
    return {
        "class": found.names[0],
        "method": question.method,
        "layer": None if found.method.of_pixels else question.layer,
        "squaring": question.resize_mode,
        "unit": found.method.unit,
        "map": found.maps[0].tolist(),
        "colours": {"palette": scale.palette, "low": scale.low, "high": scale.high, "opacity": style.opacity},
        "against": _against(found, question) if len(found.names) > 1 else None,
        "balance": found.balance(0),
        "measured": found.measurement(0, question.sampling),
        "logits": dict(zip(names, logits.tolist(), strict=True)),
        "probabilities": dict(zip(names, found.probabilities.tolist(), strict=True)),
        "sentence": found.sentence(),
        "picture_sha256": hashlib.sha256(found.pixels.tobytes()).hexdigest(),
        "release": served.release.identifier,
        "commit": served.choice.commit,
    }


def _against(found: Explanation, question: Question) -> dict[str, Any]:
    first, second = (found.cam.logits[index] for index in found.cam.class_indices)
    return {
        "class": found.names[1],
        "map": found.maps[1].tolist(),
        "margin": float(first - second),
        "balance": found.balance(1),
        "measured": found.measurement(1, question.sampling),
    }


def export_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/export`."""
    c = settings
    inputs: list[Any] = [
        panel.picture, c.opacity, c.layer, c.class_name, panel.resize_mode, c.smooth, c.method, c.palette, c.against,
        *c.sampling,
    ]  # fmt: skip
    gr.Markdown(
        "The map as JSON and as a NumPy array; the overlay at the picture's own resolution (at most 1,024 pixels a "
        "side) and at 32×32."
    )
    prepare = gr.Button("Prepare the files", size="sm", elem_id="prepare-files")
    files = gr.File(label="Files", file_count="multiple", interactive=False, elem_id="exported-files")
    handler = export_endpoint(served)
    by_default = [c.method_by_default if each is c.method else each for each in inputs]
    endpoint(handler, by_default, files, "export", **MODEL_QUEUE)
    preparing = prepare.click(handler, inputs, files, api_visibility="private", show_progress="minimal", **MODEL_QUEUE)
    # Neither old files nor those of a question that is no longer asked.
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    emptied_by(changes, {files: None}, preparing)
