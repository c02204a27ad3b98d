"""A channel's dossier on the page, and the endpoint `/channel`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.across_pictures.dossier import Dossier, dossier
from interpret.choices import ChoiceError
from interpret.layers.channels import layer_names
from interpret.tabs.page.components.inputs import Dropdown, Slider
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import endpoint, latest_wins
from interpret.tabs.page.served import ServedRelease
from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY
from model.network import STAGE_NAMES, STAGES

MEAN, WEIGHT, WITH, WITHOUT = "mean response", "weight for it", "right with it", "right without it"
COLUMNS = ("class", MEAN, WEIGHT, WITH, WITHOUT)
DIGITS = 4
MOST_CHANNELS = max(stage.channels for stage in STAGES)
UNKNOWN, NONE = "not known", "none"


@dataclass(frozen=True)
class DossierWidgets:
    """What shows one channel's dossier."""

    pictures: gr.Gallery
    table: gr.Dataframe
    sentence: gr.Markdown
    numbers: gr.JSON

    @property
    def outputs(self) -> list[Any]:
        return [self.pictures, self.table, self.sentence, self.numbers]


def shown(found: Dossier) -> tuple[Any, ...]:
    """Pictures with captions, a table of the classes, a sentence, numbers."""
    means, tested = found.class_means, found.tested
    columns = {
        COLUMNS[0]: list(found.class_names),
        MEAN: _rounded(means),
        WEIGHT: [NONE] * len(means) if found.weights is None else _rounded(found.weights),
        WITH: _shares(found.right_with, tested),
        WITHOUT: [UNKNOWN] * len(means) if found.right_without is None else _shares(found.right_without, tested),
    }
    table = pd.DataFrame(columns).sort_values(MEAN, ascending=False)
    return found.pictures(), table, found.sentence(), found.numbers()


def _rounded(values: np.ndarray) -> list[float]:
    return [round(value, DIGITS) for value in values.tolist()]


def _shares(right: Any, tested: Any) -> list[str]:
    return [f"{count / max(1, total):.1%}" for count, total in zip(right, tested, strict=True)]


def channel_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/channel`."""

    @served.answers
    def channel(layer: str = STAGE_NAMES[-1], channel: float = 0) -> tuple[Any, ...]:
        """What one channel answers to, and what the network loses without it: its dossier.

        Parameters:
            layer: one of the six stages, or a convolution inside a residual stage, as resnet_block1.0.
            channel: of that layer, from 0.
        Returns:
            The gallery's pictures that excite it most, each with the patch that did; a table of the classes: its mean
            response, its weight in the class's score (last stage only), the share of test pictures that are right with
            and without it; a sentence; all numbers as JSON.
        """
        return shown(dossier(served.release, layer, channel))

    return channel


def dossier_on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/channel`, for the page, where a channel number may be missing, or be another layer's."""

    @served.answers
    def show(layer: str, channel: float | None) -> tuple[Any, ...]:
        if channel is None or channel < 0:
            return [], None, "", None
        try:
            return shown(dossier(served.release, layer, channel))
        except ChoiceError as problem:
            return [], None, str(problem), None

    return show


def dossier_widgets(of: str, known: bool) -> DossierWidgets:
    """Builds them; `of` tells the two tabs' apart in the page's identifiers. Without what is `known`, only a sentence
    shows."""
    sentence = gr.Markdown(elem_classes="answer", elem_id=f"{of}-dossier-sentence")
    with gr.Column(visible=known):
        pictures = thumbnail_gallery(
            "The gallery's pictures that excite it most; framed: what the strongest cell sees",
            f"{of}-dossier-pictures",
            "gallery-pictures",
            columns=5,
        )
        with gr.Accordion("Class by class", open=False):
            table = gr.Dataframe(
                headers=list(COLUMNS), interactive=False, label="Classes", elem_id=f"{of}-dossier-classes"
            )
        with gr.Accordion("Numbers", open=False):
            numbers = gr.JSON(show_label=False)
    return DossierWidgets(pictures, table, sentence, numbers)


def dossier_section(
    served: ServedRelease, of: str, tab: gr.Tab, layer: gr.Dropdown | gr.Textbox, channel: gr.Number
) -> DossierWidgets:
    """Builds the section; nothing is asked before the `tab` is opened."""
    widgets = dossier_widgets(of, not {GALLERY, CHANNELS} & set(served.release.lacks))
    latest_wins(
        [layer.change, channel.change],
        dossier_on_page(served),
        [layer, channel],
        widgets.outputs,
        within=tab,
        api_visibility="private",
    )
    return widgets


def offer_channel(served: ServedRelease, widgets: DossierWidgets) -> None:
    """The endpoint `/channel`."""
    with gr.Row(visible=False):
        layer = Dropdown(list(layer_names(served.release.network)), value=STAGE_NAMES[-1], label="Layer")
        channel = Slider(0, MOST_CHANNELS - 1, value=0, step=1, label="Channel")
    endpoint(channel_endpoint(served), [layer, channel], widgets.outputs, "channel")
