"""The training pictures that are most like the visitor's to the network, and the endpoint `/similar`."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from interpret.across_pictures.similar import MOST, Similar, similar
from interpret.choices import ChoiceError
from interpret.explanation import Question
from interpret.tabs.page.components.inputs import Slider
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import MODEL_QUEUE, endpoint, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen

COUNT = 9


def similar_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/similar`."""

    @served.answers_on_gpu
    def similar_pictures(
        image: str | None, squaring: str = Question.resize_mode, count: float = COUNT
    ) -> tuple[Any, ...]:
        """The pictures of the release's gallery that the network finds most like a picture.

        Parameters:
            count: how many, from 1 to 24.
        Returns:
            The pictures, nearest first, with their labels and the Euclidean distances of the last features (the 512
            maxima that the scores are made of); a sentence; as JSON their indices in the training set too.
        """
        return _shown(similar(served.explainer, chosen(image), squaring, count))

    return similar_pictures


def _shown(found: Similar) -> tuple[Any, ...]:
    return found.pictures(), found.sentence(), found.numbers()


def similar_on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/similar`, for the page: while the panel is empty what was shown stays; what a release lacks is said in its
    place."""

    @served.answers_on_gpu
    def show(image: str | None, squaring: str, count: float) -> tuple[Any, ...]:
        if image is None:
            return (gr.skip(),) * 3
        try:
            return _shown(similar(served.explainer, chosen(image), squaring, count))
        except ChoiceError as problem:
            return [], str(problem), None

    return show


def similar_section(served: ServedRelease, panel: PicturePanel, accordion: gr.Accordion) -> None:
    """Builds the section and its endpoint; nothing is computed while the `accordion` is folded."""
    sentence = gr.Markdown(elem_classes="answer", elem_id="similar-sentence")
    pictures = thumbnail_gallery(
        "Nearest in the network's last features", "similar-pictures", "gallery-pictures", columns=5
    )
    count = Slider(1, MOST, value=COUNT, step=1, label="How many")
    with gr.Accordion("Numbers", open=False):
        numbers = gr.JSON(show_label=False)
    given, outputs = [panel.picture, panel.resize_mode, count], [pictures, sentence, numbers]
    latest_wins(
        [panel.seen.change, count.change],
        similar_on_page(served),
        given,
        outputs,
        within=accordion,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    endpoint(similar_endpoint(served), given, outputs, "similar", **MODEL_QUEUE)
