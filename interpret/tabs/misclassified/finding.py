"""Finding errors: filters, order and pages, the gallery and the table that they show."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.choices import ChoiceError
from interpret.drawing.render import enlarge
from interpret.misclassified.selection import ANY, COLUMNS, LARGEST_SEED, SORTS, Errors, Selection, page_of
from interpret.misclassified.verdicts import MEANINGS, NOT_REVIEWED, SOURCE, VERDICTS, accuracy_without_rejected
from interpret.prediction import percent
from interpret.tabs.page.components.inputs import Dropdown, Memory, Slider
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import IN_TURN, endpoint, latest_wins
from interpret.tabs.page.served import ServedRelease
from model.samples import ANSWERS, REVIEWS

COUNT, ON_PAGE = 10, 20
THUMBNAIL_FACTOR = 4
DIGITS = 4
# Of the table's columns, in pixels: no word of a heading is broken, and what is too wide can be pushed along.
WIDTHS: list[str | int] = [90, 110, 110, 120, 120, 90, 90, 110, *[90] * len(ANSWERS), 110]
NOTHING = np.zeros(0, np.int64)
SORTS_IN_WORDS = {
    "confidence": "most confident first",
    "margin": "closest call first",
    "loss": "largest loss first",
    "doubt": "most doubtful label first",
    "random": "at random",
}


@dataclass(frozen=True)
class Filters:
    """What the visitor sets, and which page is shown."""

    true_label: gr.Dropdown
    predicted_label: gr.Dropdown
    sort: gr.Dropdown
    verdict: gr.Dropdown
    low: Slider
    high: Slider
    seed: Slider
    page: gr.Number

    @property
    def selection(self) -> list[Any]:
        """In the order of the fields of `Selection`."""
        return [self.true_label, self.predicted_label, self.sort, self.verdict, self.low, self.high, self.seed]


@dataclass(frozen=True)
class Found:
    """What shows the errors that were found; `test_indices` holds those on the page, in order."""

    sentence: gr.Markdown
    gallery: gr.Gallery
    table: gr.Dataframe
    pages: gr.Markdown
    test_indices: Memory


def error_table(errors: Errors, rows: np.ndarray) -> pd.DataFrame:
    """What is known of the chosen errors; numbers to four digits."""
    return errors.table(rows).round(DIGITS)


def error_gallery(errors: Errors, rows: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """The chosen errors as (picture, caption); the caption tells what people said of the label, if they were asked."""
    samples, names, verdicts = errors.samples, errors.class_names, errors.verdicts.names
    return [
        (
            enlarge(samples.images[row], THUMBNAIL_FACTOR),
            f"{names[samples.labels[row]]}, taken for {names[samples.predictions[row]]} "
            f"({percent(float(samples.confidences[row]))})"
            + ("" if verdicts[row] == NOT_REVIEWED else f", label {verdicts[row]}"),
        )
        for row in rows
    ]


def describe_found(served: ServedRelease, selection: Selection, found: int, shown: int, page: int, pages: int) -> str:
    """How many errors there are, how many match, and which of them are shown."""
    test = served.release.metrics.test
    words = f"{test.errors:,} of {test.count:,} test pictures are misclassified"
    if selection.narrows():
        words += f", {found:,} of which match the filters"
    if not shown:
        return f"{words}; there is nothing to show."
    return f"{words}; {shown:,} are shown{f' (page {page:,} of {pages:,})' if pages > 1 else ''}."


def describe_accuracy(served: ServedRelease) -> str:
    """The accuracy with the labels as they are, and without those that people rejected."""
    test, fair = served.release.metrics.test, accuracy_without_rejected(served.release)
    words = f"The network gets {served.release.test_accuracy:.2%} of {test.count:,} test pictures right"
    if fair is None:
        lacking = served.release.lacks.get(REVIEWS, "is not part of it")
        return f"{words}. What people said of doubtful labels is not known here: {REVIEWS} {lacking}."
    return (
        f"{words}, by the labels as they are; {fair.accuracy:.2%} without the {fair.rejected:,} whose label people "
        f"rejected ({fair.rejected_errors:,} of them among its {test.errors:,} errors)."
    )


def misclassified_endpoint(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """The handler of `/misclassified`."""

    @served.answers
    def misclassified(
        count: float = COUNT,
        true_label: str = ANY,
        predicted_label: str = ANY,
        sort: str = SORTS[0],
        verdict: str = ANY,
        min_confidence: float = 0,
        max_confidence: float = 1,
        page: float = 1,
        seed: float = 0,
    ) -> tuple[list[tuple[np.ndarray, str]], pd.DataFrame, str]:
        """Test pictures that the network gets wrong, the most confident errors first unless asked otherwise.

        Parameters:
            count: at most how many, from 1 to the number of all errors.
            true_label: only pictures of this class, or "any".
            predicted_label: only pictures that are taken for this class, or "any".
            sort: "confidence", "loss" or "doubt" (about the label), largest first; "margin" (of the predicted class's
                logit over the true one's), smallest first; or "random".
            verdict: only labels that people, five for each, "upheld" (at least four of them), "disputed" or "rejected"
                (fewer than three), or that are "not reviewed"; or "any".
            min_confidence: of the wrong prediction, at least, from 0 to 1.
            max_confidence: of the wrong prediction, at most, from 0 to 1.
            page: which `count` of them, from 1.
            seed: what the random order is drawn from.
        Returns:
            The pictures with captions; a table of what is known of each: labels, confidences, margin, loss, verdict and
            votes; a sentence.
        """
        selection = Selection(
            true_label, predicted_label, sort, verdict, min_confidence, max_confidence, seed
        ).checked(errors.class_names)  # fmt: skip
        rows = errors.select(selection)
        shown, pages = page_of(rows, count, page, len(errors))
        sentence = describe_found(served, selection, len(rows), len(shown), int(page), pages)
        return error_gallery(errors, shown), error_table(errors, shown), sentence

    return misclassified


def finder_on_page(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """As `/misclassified`, for the page: a change of what is asked for leads to its first page, and what cannot be
    asked for is said where the list was. The page's number is written only if it must be another one: the visitor may
    have turned on, or be typing."""

    @served.answers
    def find(page: float | None, asked_before: list[Any], *asked: Any) -> tuple[Any, ...]:
        selection = Selection(*asked)
        try:
            rows = errors.select(selection)
        except ChoiceError as problem:
            return [], error_table(errors, NOTHING), str(problem), "", [], gr.skip(), asked_before
        pages = max(1, -(-len(rows) // ON_PAGE))
        number = min(max(1, int(page or 1)), pages) if asked_before in ([], list(asked)) else 1
        shown, _ = page_of(rows, ON_PAGE, number, max(ON_PAGE, len(errors)))
        sentence = describe_found(served, selection, len(rows), len(shown), number, pages)
        indices = errors.samples.test_indices[shown].tolist()
        return (
            error_gallery(errors, shown), error_table(errors, shown), sentence, f"of {pages:,}", indices,
            gr.skip() if page in (None, number) else number, list(asked),
        )  # fmt: skip

    return find


def filter_widgets(served: ServedRelease) -> Filters:
    """Builds the widgets; the page number is rendered below the gallery."""
    labels = [ANY, *served.class_names]
    reviewed = served.release.reviews is not None
    with gr.Row():
        true_label = Dropdown(labels, value=ANY, label="True label", min_width=130)
        predicted_label = Dropdown(labels, value=ANY, label="Predicted label", min_width=130)
        sort = Dropdown(
            [(words, name) for name, words in SORTS_IN_WORDS.items()], value=SORTS[0], label="Order", min_width=190
        )
        verdict = Dropdown(
            [ANY, *VERDICTS],
            value=ANY,
            label="The label, by people's votes",
            min_width=160,
            interactive=reviewed,
        )
    meanings = "; ".join(f"{verdict}: {meaning}" for verdict, meaning in MEANINGS.items())
    gr.Markdown(f"{meanings[0].upper()}{meanings[1:]} ({SOURCE}).", elem_classes="lead", elem_id="verdicts")
    with gr.Accordion("Confidence, and the seed of a random order", open=False), gr.Row():
        low = Slider(0, 1, value=0, step=0.01, label="Confidence at least")
        high = Slider(0, 1, value=1, step=0.01, label="Confidence at most")
        seed = Slider(0, LARGEST_SEED, value=0, step=1, label="Seed")
    page = gr.Number(1, label="Page", precision=0, render=False, elem_id="page", min_width=80, scale=0)
    return Filters(true_label, predicted_label, sort, verdict, low, high, seed, page)


def finding_section(served: ServedRelease, errors: Errors, tab: gr.Tab, filters: Filters) -> Found:
    """Builds what shows the errors, and the endpoint `/misclassified`; nothing is found before the `tab` is opened."""
    sentence = gr.Markdown(elem_classes="answer", elem_id="found-sentence")
    gallery = thumbnail_gallery("Misclassified test pictures", "misclassified-gallery", "errors", columns=10)
    with gr.Row(elem_classes="pager"):
        back = gr.Button("‹ Previous page", size="sm", scale=0, min_width=130, elem_id="previous-page")
        filters.page.render()
        pages = gr.Markdown(elem_id="pages", min_height=0)
        on = gr.Button("Next page ›", size="sm", scale=0, min_width=130, elem_id="next-page")
    with gr.Accordion("As a table", open=False):
        table = gr.Dataframe(headers=list(COLUMNS), interactive=False, wrap=True, column_widths=WIDTHS,
                             elem_id="misclassified-table")  # fmt: skip
    indices, asked_before = (Memory([], visible=False) for _ in range(2))
    found = Found(sentence, gallery, table, pages, indices)
    latest_wins(
        [tab.select, filters.page.change, *(each.change for each in filters.selection)],
        finder_on_page(served, errors),
        [filters.page, asked_before, *filters.selection],
        [gallery, table, sentence, pages, indices, filters.page, asked_before],
        dims=[gallery, table, sentence],
        api_visibility="private",
    )
    for button, step in ((back, -1), (on, 1)):
        button.click(functools.partial(turned, step), filters.page, filters.page, **IN_TURN)
    c, total = filters, max(1, len(errors))
    with gr.Row(visible=False):  # the API's own: on the page a page has a fixed length
        count, page = (Slider(1, total, value=value, step=1, label=label) for value, label in
                       ((min(COUNT, total), "How many"), (1, "Page")))  # fmt: skip
    inputs = [count, c.true_label, c.predicted_label, c.sort, c.verdict, c.low, c.high, page, c.seed]
    endpoint(misclassified_endpoint(served, errors), inputs, [gallery, table, sentence], "misclassified")
    return found


def turned(step: int, page: float | None) -> int:
    """The number of the page before or after this one; what finds the errors knows which is the last."""
    return max(1, int(page or 1) + step)
