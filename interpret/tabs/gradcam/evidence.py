"""The evidence ledger on the GradCAM tab: what each cell adds to every class's score."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from torch import Tensor

from interpret.attribution.cam import class_indices_of, resize_map
from interpret.attribution.erasing import CELL_NAMES
from interpret.attribution.evidence import LAST_STAGE, Evidence, evidence
from interpret.drawing.render import Panel, draw_panels, two_decimals, write_numbers
from interpret.drawing.scales import Scale, signed_scale
from interpret.drawing.words import describe_evidence
from interpret.explanation import GradCamControls, asked_classes
from interpret.tabs.gradcam.erasing import LEDGER_FACTOR, erasing_section
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.look import result_picture
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease

UNIT = "logits"
CLASS_FACTOR, CLASS_COLUMNS = 32, 3


def draw_ledger(cells: Tensor, scale: Scale, title: str, *, smooth: bool = False) -> np.ndarray:
    """Sixteen cells with their values in numbers."""
    pixels = write_numbers(_paint(cells, scale, LEDGER_FACTOR, smooth), cells.cpu().numpy(), CELL_NAMES)
    return draw_panels([Panel(pixels, title, scale)])


def draw_classes(found: Evidence, scale: Scale, class_names: tuple[str, ...], *, smooth: bool = False) -> np.ndarray:
    """Every class's cells on one scale, the highest score first."""
    order = found.logits.argsort(descending=True).tolist()
    panels = [
        Panel(
            _paint(found.cells[index], scale, CLASS_FACTOR, smooth),
            f"{class_names[index]} {two_decimals(float(found.logits[index]))}",
        )
        for index in order
    ]
    return draw_panels(panels, columns=CLASS_COLUMNS, legend=scale)


def _paint(cells: Tensor, scale: Scale, factor: int, smooth: bool) -> np.ndarray:
    return scale.paint(resize_map(cells.cpu(), len(cells) * factor, smooth=smooth).numpy())


def evidence_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/evidence`."""

    @served.answers_on_gpu
    def show_evidence(
        image: str | None,
        class_name: str = "predicted",
        against: str = "none",
        squaring: str = "crop",
        smooth: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, str, dict[str, Any]]:
        """What each of sixteen cells adds to the scores (logits), exactly: the cells add up to the score.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            class_name: the class to explain, or "predicted".
            against: a second class; the cells then add up to the lead of the first one's score over it. Or "none".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
            smooth: interpolate the colours between cells; the numbers stay those of the cells.
        Returns:
            The ledger; the ledgers of all classes on the same colour scale; a sentence; and the numbers: class,
            against, cells (4 rows of 4, in logits), their sum, every class's logit, and the release.
        """
        _, images = served.look(image, squaring)
        wanted = class_indices_of(asked_classes(class_name, against), served.class_names)
        found = evidence(served.network, images)
        one, *rest = (int(found.logits.argmax()) if index is None else index for index in wanted)
        other = rest[0] if rest and rest[0] != one else None
        cells = found.cells[one] if other is None else found.margin(one, other)
        names = served.class_names
        name, opponent = names[one], None if other is None else names[other]
        usual = served.release.metrics.usual_strength("hires_cam", LAST_STAGE)
        scale = signed_scale(np.array([float(found.cells.abs().max()), float(cells.abs().max()), usual]), UNIT)
        title = f"Evidence for {name}" + (f" rather than {opponent}" if opponent else "")
        numbers = {
            "class": name,
            "against": opponent,
            "cells": cells.tolist(),
            "sum": float(cells.sum()),
            "logits": dict(zip(names, found.logits.tolist(), strict=True)),
            "release": served.release.identifier,
        }
        sentence = describe_evidence(cells.cpu().numpy(), name, opponent)
        classes = draw_classes(found, scale, names, smooth=smooth)
        return draw_ledger(cells, scale, title, smooth=smooth), classes, sentence, numbers

    return show_evidence


def evidence_section(served: ServedRelease, panel: PicturePanel, controls: GradCamControls) -> None:
    """Builds the section and its endpoint `/evidence`; a click on a cell erases it."""
    c = controls
    sentence = gr.Markdown(elem_classes="answer", elem_id="evidence-sentence")
    with gr.Row():
        ledger = result_picture("Sixteen cells that add up to the score: click one to erase it", "ledger", chart=True)
        classes = result_picture("All ten classes on the same scale", "ledger-classes", chart=True)
    with gr.Accordion("The ledger in numbers", open=False):
        numbers = gr.JSON(show_label=False)
    latest_wins(
        [panel.seen.change, *(each.change for each in (c.explained, c.against, c.smooth))],
        evidence_endpoint(served),
        [panel.picture, c.explained, c.against, panel.squaring, c.smooth],
        [ledger, classes, sentence, numbers],
        api_name="evidence",
        **MODEL_QUEUE,
    )
    erasing_section(served, panel, c.explained, c.against, ledger)
