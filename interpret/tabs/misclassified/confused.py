"""A whole confusion explained: the mean margin map of a cell of the matrix, and the channels that push it."""

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr
import pandas as pd

from interpret.misclassified.margins import CHANNELS_SHOWN, ConfusedClasses, NeverConfusedError, confused_classes
from interpret.misclassified.selection import ANY, Errors
from interpret.tabs.misclassified.finding import Filters
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, endpoint, latest_wins
from interpret.tabs.page.served import ServedRelease

Explained = Callable[[str, str], ConfusedClasses]  # from a true and a predicted class
CHANNEL_COLUMNS = ("channel", "adds, in logits")


def explanations_of(served: ServedRelease, errors: Errors) -> Explained:
    """What explains a confusion; each is computed once, and kept."""

    @functools.lru_cache(maxsize=len(served.class_names) ** 2)
    def explained(true_label: str, predicted_label: str) -> ConfusedClasses:
        return confused_classes(served.explainer, errors, true_label, predicted_label)

    return explained


def confused_endpoint(served: ServedRelease, explained: Explained) -> Callable[..., Any]:
    """The handler of `/confused`."""

    @served.answers_on_gpu
    def confused(true_label: str, predicted_label: str) -> tuple[Any, ...]:
        """Why pictures of one class are taken for another: the mean over all such test pictures, exactly.

        Parameters:
            true_label: the class of the pictures.
            predicted_label: what they are taken for.
        Returns:
            The mean margin map (predicted minus true class, in logits), which adds up to the mean margin; the ten
            channels of the last layer that push it most, with what each adds; a sentence; all numbers as JSON.
        """
        try:
            return _shown(explained(true_label, predicted_label))
        except NeverConfusedError as nothing:
            numbers = {"true_label": true_label, "predicted_label": predicted_label, "count": 0}
            return None, pd.DataFrame(columns=list(CHANNEL_COLUMNS)), str(nothing), numbers

    return confused


def _shown(found: ConfusedClasses) -> tuple[Any, ...]:
    table = pd.DataFrame(found.strongest(), columns=list(CHANNEL_COLUMNS)).round(4)
    return found.picture(), table, found.sentence(), found.numbers()


def confused_on_page(served: ServedRelease, explained: Explained) -> Callable[..., Any]:
    """As `/confused`, for the page, which shows nothing unless two classes are chosen that are confused."""

    @served.answers_on_gpu
    def explain_confusion(true_label: str, predicted_label: str) -> tuple[Any, ...]:
        try:
            found = None if ANY in (true_label, predicted_label) else explained(true_label, predicted_label)
        except NeverConfusedError:
            found = None
        if found is None:
            return (*(gr.skip(),) * 4, gr.update(visible=False))
        return *_shown(found), gr.update(visible=True)

    return explain_confusion


def confused_section(served: ServedRelease, errors: Errors, filters: Filters) -> None:
    """Builds the section, which shows while a cell of the matrix is chosen, and its endpoint `/confused`."""
    with gr.Column(visible=False, elem_id="confused") as section:
        gr.Markdown("**This confusion, explained:** the mean over all pictures of this cell of the matrix.")
        sentence = gr.Markdown(elem_classes="answer", elem_id="confused-sentence")
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                picture = result_picture("Mean margin, cell by cell", "confused-margin", chart=True)
            with gr.Column(scale=2, min_width=240):
                table = gr.Dataframe(headers=list(CHANNEL_COLUMNS), interactive=False, elem_id="confused-channels",
                                     label=f"The {CHANNELS_SHOWN} channels that push most")  # fmt: skip
        with gr.Accordion("Numbers", open=False):
            numbers = gr.JSON(show_label=False)
    outputs, classes = [picture, table, sentence, numbers], [filters.true_label, filters.predicted_label]
    explained = explanations_of(served, errors)
    latest_wins(
        [each.change for each in classes],
        confused_on_page(served, explained),
        classes,
        [*outputs, section],
        dims=outputs,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    endpoint(confused_endpoint(served, explained), classes, outputs, "confused", **MODEL_QUEUE)
