"""An error opened: what the network said of it and why, what people said, what it is like; and the way on."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from interpret.choices import ChoiceError
from interpret.drawing.render import enlarge
from interpret.explanation import NO_CLASS, PREDICTED
from interpret.misclassified.opened import OpenedError, open_error
from interpret.misclassified.selection import Errors, Selection
from interpret.tabs.misclassified.finding import THUMBNAIL_FACTOR, Filters, Found
from interpret.tabs.page.components.inputs import Memory
from interpret.tabs.page.components.results import confidence_bars, drawn_confidences, result_picture, thumbnail_gallery
from interpret.tabs.page.events import IN_TURN, MODEL_QUEUE, PRIVATE, endpoint, latest_wins
from interpret.tabs.page.files import in_files
from interpret.tabs.page.look import SCROLL_TO_TABS
from interpret.tabs.page.picture import PicturePanel, examples_of
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import script
from model.images import ImageError
from model.samples import NEAREST

LARGE_FACTOR = 8
A_STRANGER = "This photograph shows none of the classes that the network knows: whatever it answers is wrong."
TABS = {"gradcam": "See why: GradCAM", "feature_maps": "What the layers see"}


def error_endpoint(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """The handler of `/error`."""

    @served.answers_on_gpu
    def error(test_index: float) -> tuple[Any, ...]:
        """One misclassified test picture: why it was taken for another class, and what it is like to the network.

        Parameters:
            test_index: of the picture in CIFAR-10's test set; it must be one of the release's errors.
        Returns:
            The picture; the stored confidences; the margin map (predicted minus true class, in logits), which adds up
            to the margin; its nearest training pictures with labels and distances; a sentence; all numbers as JSON.
        """
        return _shown(open_error(served.explainer, errors, test_index))

    return error


def _shown(found: OpenedError) -> tuple[Any, ...]:
    neighbours = [(enlarge(image, THUMBNAIL_FACTOR), caption) for image, caption in found.neighbours()]
    picture = enlarge(found.pixels, LARGE_FACTOR)
    return (picture, found.confidences(), found.ledger.picture(), neighbours, found.sentence(), found.numbers())


def opener_on_page(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """As `/error`, for the page, which shows nothing while no error is open, and of another picture only words."""

    @served.answers_on_gpu
    def open_on_page(test_index: float | None) -> tuple[Any, ...]:
        if test_index is None or test_index not in errors.samples.test_indices:
            words = "" if test_index is None else errors.not_among(test_index)
            return *(gr.skip(),) * 4, words, gr.skip(), gr.update(visible=False)
        picture, confidences, *others = _shown(open_error(served.explainer, errors, test_index))
        return picture, drawn_confidences(confidences), *others, gr.update(visible=True)

    return open_on_page


def clicked(test_indices: list[int], event: gr.SelectData) -> tuple[Any, Any]:
    """The error that was clicked; the filters may have changed since, and the gallery not have followed yet. No mark
    stays on the gallery: it would outlive what it marks."""
    found = test_indices[event.index] if event.index < len(test_indices) else gr.skip()
    return found, gr.update(selected_index=None)


def neighbour_in_list(served: ServedRelease, errors: Errors, step: int) -> Callable[..., Any]:
    """The error before or after the open one in the order of the list; at its ends, and beside it, the nearest one."""

    @served.answers
    def step_on(test_index: float | None, *asked: Any) -> Any:
        listed = errors.samples.test_indices[errors.select(Selection(*asked))].tolist()
        if not listed:
            return gr.skip()
        at = listed.index(test_index) + step if test_index in listed else 0
        return listed[min(max(at, 0), len(listed) - 1)]

    return step_on


def carrier(served: ServedRelease, errors: Errors, tab: str) -> Callable[..., Any]:
    """What carries the open error to the picture panel and opens another tab: predicted class against true one."""
    samples, names = errors.samples, errors.class_names

    @served.answers
    def carry(test_index: float | None) -> tuple[Any, ...]:
        if test_index is None:
            return (gr.skip(),) * 5
        row = errors.row_of(test_index)
        classes = names[samples.predictions[row]], names[samples.labels[row]]
        return [int(test_index)], in_files(samples.images[row]), *classes, gr.update(selected=tab)

    return carry


def forgetter(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """Another picture than the error that was carried is explained by its own prediction again."""

    def forget_error(image: str | None, squaring: str, carried: list[int]) -> Any:
        if image is None or not carried:
            return gr.skip()
        error = errors.samples.images[errors.row_of(carried[0])]
        if np.array_equal(served.explainer.pixels(chosen(image), squaring), error):
            return gr.skip()
        return [], PREDICTED, NO_CLASS

    return forget_error


def teller(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """What tells, wherever the visitor met it, that the picture in the panel is one of the errors, and what people said
    of its label; or that it is an example of what the network does not know."""
    rows = {image.tobytes(): row for row, image in enumerate(errors.samples.images)}
    strangers = {each.path.name: each for each in examples_of(served.release) if not each.known}
    samples, names = errors.samples, errors.class_names

    def tell(image: str | bytes | None, squaring: str) -> Any:
        if image is None:
            return gr.skip()
        try:
            pixels = served.explainer.pixels(chosen(image), squaring).tobytes()
        except (ImageError, ChoiceError):
            return ""
        if (row := rows.get(pixels)) is None:
            example = strangers.get(Path(image).name) if isinstance(image, str) else None
            return A_STRANGER if example and example.prepared(squaring).tobytes() == pixels else ""
        verdict = errors.verdicts.in_words(row, names, int(samples.labels[row]))
        return (
            f"Test picture {samples.test_indices[row]:,}, labelled {names[samples.labels[row]]}: the network gets it "
            f"wrong. {verdict}"
        )

    return tell


def opened_section(
    served: ServedRelease,
    errors: Errors,
    found: Found,
    filters: Filters,
    panel: PicturePanel,
    settings: ExplanationSettings,
    tabs: gr.Tabs,
) -> gr.Number:
    """Builds the section and its endpoint `/error`; the number that it returns says which error is open."""
    with gr.Row(elem_classes="pager"):
        back = gr.Button("‹ Previous error", size="sm", scale=0, min_width=130, elem_id="previous-error")
        opened = gr.Number(label="Open test picture", precision=0, elem_id="opened", min_width=120, scale=0)
        on = gr.Button("Next error ›", size="sm", scale=0, min_width=130, elem_id="next-error")
    sentence = gr.Markdown(elem_classes="answer", elem_id="opened-sentence")
    with gr.Column(visible=False, elem_id="opened-error") as section:
        with gr.Row():
            picture = result_picture("The test picture", "opened-picture")
            label = confidence_bars("opened-label", "Its stored answer")
            margin = result_picture("The margin, cell by cell", "opened-margin", chart=True)
        with gr.Row():
            carriers = {tab: gr.Button(words, size="sm", elem_id=f"carry-{tab}") for tab, words in TABS.items()}
        with gr.Column(visible=NEAREST not in served.release.lacks):
            nearest = thumbnail_gallery(
                "Its nearest training pictures, by the network's last features", "nearest", columns=4
            )
        with gr.Accordion("Numbers", open=False):
            numbers = gr.JSON(show_label=False, elem_id="opened-numbers")
    outputs = [picture, label, margin, nearest, sentence, numbers]
    opening = latest_wins(
        [opened.change], opener_on_page(served, errors), opened, [*outputs, section], dims=outputs,
        api_visibility="private", **MODEL_QUEUE,
    )  # fmt: skip
    found.gallery.select(clicked, found.test_indices, [opened, found.gallery], **IN_TURN)
    opening.then(None, js=script("scroll_to", selector="#opened-sentence", block="start", focus=None), **PRIVATE)
    for button, step in ((back, -1), (on, 1)):
        button.click(neighbour_in_list(served, errors, step), [opened, *filters.selection], opened, **IN_TURN)
    _carry(served, errors, opened, carriers, panel, settings, tabs)
    with gr.Row(visible=False):
        index = gr.Number(label="Test index")
        in_api = [picture, gr.Label(label="Its stored answer"), *outputs[2:]]
    endpoint(error_endpoint(served, errors), index, in_api, "error", **MODEL_QUEUE)
    return opened


def _carry(
    served: ServedRelease,
    errors: Errors,
    opened: gr.Number,
    carriers: dict[str, gr.Button],
    panel: PicturePanel,
    settings: ExplanationSettings,
    tabs: gr.Tabs,
) -> None:
    carried, explained = Memory([], visible=False), [settings.class_name, settings.against]
    for tab, button in carriers.items():
        outputs = [carried, panel.picture, *explained, tabs]
        carrying = button.click(carrier(served, errors, tab), opened, outputs, **IN_TURN)
        carrying.then(None, js=SCROLL_TO_TABS, **PRIVATE)
    picture = [panel.picture, panel.resize_mode]
    tell = functools.partial(latest_wins, [panel.seen.change], teller(served, errors))
    tell(picture, panel.about, dims=[], opens_with=panel.opens_with, api_visibility="private")
    shown = [*picture, carried]
    forget = functools.partial(latest_wins, [panel.seen.change], forgetter(served, errors))
    forget(shown, [carried, *explained], dims=[], api_visibility="private")
