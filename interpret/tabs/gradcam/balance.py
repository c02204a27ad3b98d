"""The balance sheet under "How to read this": where this picture's score comes from, layer by layer."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.balance import PLACES, balance
from interpret.attribution.cam import class_indices_of, one_and_other
from interpret.drawing.balance import draw_balance
from interpret.drawing.words import describe_balance_sheet
from interpret.explanation import NO_CLASS, PREDICTED, Question, classes_in_question
from interpret.prediction import predict
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings


def balance_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/balance`."""

    @served.answers_on_gpu
    def balance_sheet(
        image: str | None,
        class_name: str = PREDICTED,
        against: str = NO_CLASS,
        squaring: str = Question.resize_mode,
    ) -> tuple[np.ndarray, str, dict[str, Any]]:
        """Where a score comes from: what each layer's cells add up to, and what the constants of later layers add.

        Parameters:
            against: a second class; the sheet is then of the lead of the first one's score over it. Or "none".
        Returns:
            The sheet as a bar chart; a sentence; and the numbers: score, and for the pixels and each layer what its
            cells add up to (gradient x activation) and what the constants after it add, in logits.
        """
        _, images = served.explainer.preprocess(chosen(image), squaring)
        network, names = served.explainer.network, served.class_names
        wanted = class_indices_of(classes_in_question(class_name, against), names)
        logits, _ = predict(network, images)
        one, other = one_and_other(wanted, logits[0])
        found = balance(network, images, one, other)
        what = f"lead of {names[one]} over {names[other]}" if other is not None else f"score of {names[one]}"
        layers = {place: dict(zip(("cells", "constants"), found.at(place), strict=True)) for place in PLACES}
        sentence = describe_balance_sheet(found, f"The {what}")
        return draw_balance(found, f"{what[0].upper()}{what[1:]}"), sentence, {"score": found.score, "layers": layers}

    return balance_sheet


def balance_section(
    served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings, accordion: gr.Accordion
) -> None:
    """Builds the section, which answers while the accordion around it is open, and its endpoint `/balance`."""
    gr.Markdown("**Where this picture's score comes from**")
    sentence = gr.Markdown(elem_id="balance-sentence")
    picture = result_picture("The score, layer by layer", "balance-sheet", chart=True)
    latest_wins(
        [panel.seen.change, settings.class_name.change, settings.against.change],
        balance_endpoint(served),
        [panel.picture, settings.class_name, settings.against, panel.resize_mode],
        [picture, sentence, gr.JSON(visible=False)],
        within=accordion,
        api_name="balance",
        **MODEL_QUEUE,
    )
