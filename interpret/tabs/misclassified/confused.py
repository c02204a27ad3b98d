"""A whole confusion explained: the mean margin map of a cell of the matrix, and the channels that push it."""

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr
import pandas as pd

from interpret.choices import ChoiceError
from interpret.misclassified.margins import CHANNELS_SHOWN, ConfusedClasses, confused_classes
from interpret.misclassified.selection import ANY, Errors, Selection
from interpret.tabs.misclassified.finding import Filters
from interpret.tabs.page.components import result_picture
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


def confused_endpoint(served: ServedRelease, errors: Errors, explained: Explained) -> Callable[..., Any]:
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
        if not confused_at_all(errors, true_label, predicted_label):
            return None, pd.DataFrame(columns=list(CHANNEL_COLUMNS)), *nothing(true_label, predicted_label)
        return _shown(explained(true_label, predicted_label))

    return confused


def confused_at_all(errors: Errors, true_label: str, predicted_label: str) -> bool:
    """Whether one class is ever taken for the other. Raises ChoiceError if they are not two of the classes."""
    found = errors.select(Selection(true_label, predicted_label))
    if ANY in (true_label, predicted_label):
        raise ChoiceError(f"Name two of the classes: {', '.join(errors.class_names)}.")
    return bool(len(found))


def nothing(true_label: str, predicted_label: str) -> tuple[str, dict[str, Any]]:
    """That there is nothing to explain, in words and in numbers."""
    words = f"No test picture of the class {true_label} is taken for {predicted_label}."
    return words, {"true_label": true_label, "predicted_label": predicted_label, "count": 0}


def _shown(found: ConfusedClasses) -> tuple[Any, ...]:
    table = pd.DataFrame(found.strongest(), columns=list(CHANNEL_COLUMNS)).round(4)
    return found.picture(), table, found.sentence(), found.numbers()


def confused_on_page(served: ServedRelease, errors: Errors, explained: Explained) -> Callable[..., Any]:
    """As `/confused`, for the page, which shows nothing unless two classes are chosen that are confused."""

    @served.answers_on_gpu
    def explain_confusion(true_label: str, predicted_label: str) -> tuple[Any, ...]:
        if ANY in (true_label, predicted_label) or not len(errors.select(Selection(true_label, predicted_label))):
            return (*(gr.skip(),) * 4, gr.update(visible=False))
        return *_shown(explained(true_label, predicted_label)), gr.update(visible=True)

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
        confused_on_page(served, errors, explained),
        classes,
        [*outputs, section],
        dims=outputs,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    endpoint(confused_endpoint(served, errors, explained), classes, outputs, "confused", **MODEL_QUEUE)
