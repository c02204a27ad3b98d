"""The evidence ledger on the GradCAM tab: what each cell adds to every class's score."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.evidence import SHARED
from interpret.drawing.words import number_in_words
from interpret.explanation import NO_CLASS, PREDICTED, Question, Style, classes_in_question
from interpret.ledger import ledger_of
from interpret.tabs.gradcam.erasing import erasing_section
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings

CREDIT_WORDS = (
    "The score is a sum of maxima: each of 512 channels counts as strongly as its strongest cell. **Shared** credit is "
    "fair: all cells that come close to the maximum have their part (Shapley values). Credit to the **strongest** cell "
    "alone is what the gradient says, though the next cell may be nearly as strong. Both add up to the score."
)


def evidence_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/evidence`."""

    @served.answers_on_gpu
    def show_evidence(
        image: str | None,
        class_name: str = PREDICTED,
        against: str = NO_CLASS,
        squaring: str = Question.resize_mode,
        smooth: bool = Style.smooth,
        credit: str = SHARED,
    ) -> tuple[np.ndarray, np.ndarray, str, dict[str, Any]]:
        """What each of sixteen cells adds to the scores (logits), exactly: the cells add up to the score.

        Parameters:
            against: a second class; the cells then add up to the lead of the first one's score over it. Or "none".
        Returns:
            The ledger; the ledgers of all classes on the same colour scale; a sentence; and the numbers: class,
            against, cells (4 rows of 4, in logits), their sum, every class's logit, credit, and the release.
        """
        classes = classes_in_question(class_name, against)
        ledger = ledger_of(served.explainer, chosen(image), squaring, classes, credit)
        numbers = ledger.numbers() | {"release": served.release.identifier}
        return ledger.picture(smooth=smooth), ledger.picture_of_classes(smooth=smooth), ledger.sentence(), numbers

    return show_evidence


def evidence_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/evidence`; a click on a cell erases it."""
    c = settings
    sentence = gr.Markdown(elem_classes="answer", elem_id="evidence-sentence")
    gr.Markdown(CREDIT_WORDS)
    c.credit.render()
    with gr.Row():
        ledger = result_picture("Sixteen cells that add up to the score: click one to erase it", "ledger", chart=True)
        every = f"All {number_in_words(len(served.class_names))} classes on the same scale"
        classes = result_picture(every, "ledger-classes", chart=True)
    with gr.Accordion("The ledger in numbers", open=False):
        numbers = gr.JSON(show_label=False)
    latest_wins(
        [panel.seen.change, *(each.change for each in (c.class_name, c.against, c.smooth, c.credit))],
        evidence_endpoint(served),
        [panel.picture, c.class_name, c.against, panel.resize_mode, c.smooth, c.credit],
        [ledger, classes, sentence, numbers],
        opens_with=panel.opens_with,
        api_name="evidence",
        **MODEL_QUEUE,
    )
    erasing_section(served, panel, settings, ledger)
