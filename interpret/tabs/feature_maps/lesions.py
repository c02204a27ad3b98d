"""The lesion laboratory on the page: channels of the last layer switched off, for all test pictures at once."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.across_pictures.lesions import LARGEST_SEED, RANDOM, Lesions, drawn_channels, lesions, listed_channels
from interpret.across_pictures.needed import needed
from interpret.drawing.confusion import draw_confusion
from interpret.tabs.page.components.inputs import Dropdown, Slider
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import latest_wins
from interpret.tabs.page.served import ServedRelease
from model.channels.pooled import POOLED
from model.network import STAGES

CHANNELS = STAGES[-1].channels
COLUMNS = ("class", "with all", "without these")
DIGITS = 4
NO_DRAW = ""


def lesions_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/lesions`."""

    @served.answers
    def lesioned(
        channels: str = "", draw: str = NO_DRAW, count: float = 0, seed: float = 0
    ) -> tuple[str, pd.DataFrame, np.ndarray, dict[str, Any]]:
        """How well the network does on all test pictures with channels of the last layer at zero, exactly.

        Parameters:
            channels: their numbers, from 0 to 511, as in "3, 17, 200-210".
            draw: further ones: "random", or those that add most to the score of a class, by its name; or "".
            count: how many are drawn.
            seed: what random ones are drawn from, the control of the same size too.
        Returns:
            A sentence with the accuracy before and after, and that of as many channels at random; a table of each
            class's; the confusion matrix without the channels; all numbers as JSON.
        """
        found, control = laboratory(served, channels, draw, count, seed)
        table = pd.DataFrame(dict(zip(COLUMNS, (served.class_names, *found.class_accuracies), strict=True))).round(
            DIGITS
        )
        picture = draw_confusion(found.after.astype(float), served.class_names, "pictures")
        numbers = found.numbers() | {"random_control": control.accuracies[1] if control else None}
        return told(found, control), table, picture, numbers

    return lesioned


def laboratory(
    served: ServedRelease, channels: str, draw: str, count: float, seed: float
) -> tuple[Lesions, Lesions | None]:
    """The lesions that were asked for, and as many at random, unless these are. Raises ChoiceError."""
    network, maxima = served.release.network, needed(served.release, POOLED)
    chosen = listed_channels(channels, CHANNELS)
    if draw != NO_DRAW:
        chosen = np.union1d(chosen, drawn_channels(network, maxima, draw, count, seed))
    found = lesions(network, maxima, chosen)
    if draw == RANDOM or not len(chosen):
        return found, None
    control = drawn_channels(network, maxima, RANDOM, len(chosen), seed)
    return found, lesions(network, maxima, control, found.before)


def told(found: Lesions, control: Lesions | None) -> str:
    """What accuracy becomes, and what it becomes without as many channels at random."""
    if control is None:
        return found.sentence()
    count = len(found.channels)
    many = "one channel" if count == 1 else f"{count:,} channels"
    return f"{found.sentence()} Without {many} drawn at random it is {control.accuracies[1]:.2%}."


def lesions_section(served: ServedRelease, accordion: gr.Accordion) -> None:
    """Builds the section and its endpoint `/lesions`; nothing is computed while the `accordion` is folded."""
    gr.Markdown(
        "Switch off channels of the last layer and see how well the network would do on all test pictures: recomputed "
        "from the stored maxima, exactly as if it had been run without them."
    )
    with gr.Row():
        channels = gr.Textbox(
            "", label="Channels, as in 3, 17, 200-210", max_lines=1, min_width=200, elem_id="lesioned"
        )
        ways = [
            ("none", NO_DRAW),
            ("at random", RANDOM),
            *((f"that add most to {name}", name) for name in served.class_names),
        ]
        draw = Dropdown(ways, value=NO_DRAW, label="Further ones", min_width=180)
        count = Slider(0, CHANNELS, value=0, step=1, label="How many of them")
        seed = Slider(0, LARGEST_SEED, value=0, step=1, label="Seed")
    sentence = gr.Markdown(elem_classes="answer", elem_id="lesions-sentence")
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            table = gr.Dataframe(headers=list(COLUMNS), interactive=False, label="Share of each class that is right",
                                 elem_id="lesions-table")  # fmt: skip
        with gr.Column(scale=3, min_width=320):
            picture = result_picture("Confusion matrix without these channels", "lesions-confusion", chart=True)
    with gr.Accordion("Numbers", open=False):
        numbers = gr.JSON(show_label=False)
    inputs: list[Any] = [channels, draw, count, seed]
    latest_wins(
        [each.change for each in inputs],
        lesions_endpoint(served),
        inputs,
        [sentence, table, picture, numbers],
        within=accordion,
        api_name="lesions",
    )
