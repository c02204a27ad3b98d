"""The evidence ledger on the GradCAM tab: what each cell adds to every class's score."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.cam import class_indices_of
from interpret.attribution.evidence import LAST_STAGE, evidence
from interpret.drawing.ledger import UNIT, draw_classes, draw_ledger
from interpret.drawing.scales import signed_scale
from interpret.drawing.words import describe_evidence
from interpret.explanation import NO_CLASS, PREDICTED, Question, Style, classes_in_question
from interpret.tabs.gradcam.erasing import erasing_section
from interpret.tabs.page.components import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings


def evidence_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/evidence`."""

    explainer = served.explainer

    @served.answers_on_gpu
    def show_evidence(
        image: str | None,
        class_name: str = PREDICTED,
        against: str = NO_CLASS,
        squaring: str = Question.resize_mode,
        smooth: bool = Style.smooth,
    ) -> tuple[np.ndarray, np.ndarray, str, dict[str, Any]]:
        """What each of sixteen cells adds to the scores (logits), exactly: the cells add up to the score.

        Parameters:
            against: a second class; the cells then add up to the lead of the first one's score over it. Or "none".
        Returns:
            The ledger; the ledgers of all classes on the same colour scale; a sentence; and the numbers: class,
            against, cells (4 rows of 4, in logits), their sum, every class's logit, and the release.
        """
        _, images = explainer.preprocess(chosen(image), squaring)
        wanted = class_indices_of(classes_in_question(class_name, against), served.class_names)
        found = evidence(explainer.network, images)
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


def evidence_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/evidence`; a click on a cell erases it."""
    c = settings
    sentence = gr.Markdown(elem_classes="answer", elem_id="evidence-sentence")
    with gr.Row():
        ledger = result_picture("Sixteen cells that add up to the score: click one to erase it", "ledger", chart=True)
        classes = result_picture("All ten classes on the same scale", "ledger-classes", chart=True)
    with gr.Accordion("The ledger in numbers", open=False):
        numbers = gr.JSON(show_label=False)
    latest_wins(
        [panel.seen.change, *(each.change for each in (c.class_name, c.against, c.smooth))],
        evidence_endpoint(served),
        [panel.picture, c.class_name, c.against, panel.resize_mode, c.smooth],
        [ledger, classes, sentence, numbers],
        api_name="evidence",
        **MODEL_QUEUE,
    )
    erasing_section(served, panel, settings, ledger)
