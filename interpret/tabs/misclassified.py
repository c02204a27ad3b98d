"""The Misclassified tab: every test picture that the network gets wrong, as the release stores it."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.drawing.render import enlarge
from interpret.drawing.words import percent
from interpret.explanation import NO_CLASS, PREDICTED
from interpret.misclassified import ANY, select_errors
from interpret.tabs.page.components import Slider, thumbnail_gallery
from interpret.tabs.page.events import IN_TURN, PRIVATE, QUIET, latest_wins
from interpret.tabs.page.files import in_files
from interpret.tabs.page.look import SCROLL_TO_TABS
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings

COUNT = 10
THUMBNAIL_FACTOR = 4
COLUMNS = ["test picture", "true label", "predicted label", "confidence", "confidence in the true label"]


def error_table(served: ServedRelease, rows: np.ndarray) -> pd.DataFrame:
    """The chosen errors as a table; confidences in [0, 1]."""
    samples, names = served.release.misclassified, served.class_names
    labels, predictions = samples.labels[rows], samples.predictions[rows]
    return pd.DataFrame(
        {
            COLUMNS[0]: samples.test_indices[rows],
            COLUMNS[1]: [names[label] for label in labels],
            COLUMNS[2]: [names[prediction] for prediction in predictions],
            COLUMNS[3]: samples.confidences[rows].astype(np.float64).round(4),
            COLUMNS[4]: samples.probabilities[rows, labels].astype(np.float64).round(4),
        }
    )


def error_gallery(served: ServedRelease, rows: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """The chosen errors as (picture, caption)."""
    samples, names = served.release.misclassified, served.class_names
    return [
        (
            enlarge(samples.images[row], THUMBNAIL_FACTOR),
            f"{names[samples.labels[row]]}, taken for {names[samples.predictions[row]]} "
            f"({percent(float(samples.confidences[row]))})",
        )
        for row in rows
    ]


def misclassified_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/misclassified`."""
    samples, names = served.release.misclassified, served.class_names

    @served.answers
    def misclassified(
        count: float = COUNT, true_label: str = ANY, predicted_label: str = ANY
    ) -> tuple[list[tuple[np.ndarray, str]], pd.DataFrame, str]:
        """Test pictures that the network gets wrong, the most confident errors first.

        Parameters:
            count: at most how many, from 1 to the number of all errors.
            true_label: only pictures of this class, or "any".
            predicted_label: only pictures that are taken for this class, or "any".
        Returns:
            The pictures with captions; a table of test index, true and predicted label and confidences; a sentence.
        """
        rows, found = select_errors(samples, names, count, true_label, predicted_label)
        test = served.release.metrics.test
        words = f"{test.errors:,} of {test.count:,} test pictures are misclassified"
        if (true_label, predicted_label) != (ANY, ANY):
            words += f", {found:,} of them with these labels"
        return error_gallery(served, rows), error_table(served, rows), f"{words}; {len(rows):,} are shown."

    return misclassified


def error_opener(served: ServedRelease) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What a click on an error does, and what ends it when another picture is chosen."""
    samples, names = served.release.misclassified, served.class_names

    def open_error(count: float, true_label: str, predicted_label: str, event: gr.SelectData) -> tuple[Any, ...]:
        rows, _ = select_errors(samples, names, count, true_label, predicted_label)
        if event.index >= len(rows):  # The filters changed, and the gallery has not followed yet.
            return (gr.skip(),) * 5
        row = int(rows[event.index])
        predicted, true = names[samples.predictions[row]], names[samples.labels[row]]
        return row, in_files(samples.images[row]), predicted, true, gr.update(selected="gradcam")

    def forget_error(image: str | None, squaring: str, row: int | None) -> Any:
        """Another picture than the error that was opened is explained by its own prediction again."""
        if (
            image is None
            or row is None
            or np.array_equal(served.explainer.pixels(chosen(image), squaring), samples.images[row])
        ):
            return gr.skip()
        return None, PREDICTED, NO_CLASS

    return open_error, forget_error


def misclassified_tab(
    served: ServedRelease, demo: gr.Blocks, panel: PicturePanel, settings: ExplanationSettings, tabs: gr.Tabs
) -> None:
    """Builds the tab and its endpoint `/misclassified`. A click on an error opens it on the GradCAM tab, predicted
    class against true class."""
    labels, total = [ANY, *served.class_names], max(1, len(served.release.misclassified))
    gr.Markdown(
        "Every test picture that the network gets wrong, the most confident errors first. Click one to see why.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer")
    opened = gr.State(None)
    with gr.Row():
        count = Slider(1, total, value=min(COUNT, total), step=1, label="How many")
        true_label = gr.Dropdown(labels, value=ANY, label="True label")
        predicted_label = gr.Dropdown(labels, value=ANY, label="Predicted label")
    gallery = thumbnail_gallery("Misclassified test pictures", "misclassified-gallery", "errors", columns=5)
    with gr.Accordion("As a table", open=False):
        table = gr.Dataframe(headers=COLUMNS, interactive=False, wrap=True, elem_id="misclassified-table")
    filters: list[Any] = [count, true_label, predicted_label]
    gr.on(
        [demo.load, *(each.change for each in filters)],
        misclassified_endpoint(served),
        filters,
        [gallery, table, sentence],
        api_name="misclassified",
        **QUIET,
    )
    open_error, forget_error = error_opener(served)
    explained = [settings.class_name, settings.against]
    opening = gallery.select(open_error, filters, [opened, panel.picture, *explained, tabs], **IN_TURN)
    opening.then(None, js=SCROLL_TO_TABS, **PRIVATE)
    shown = [panel.picture, panel.resize_mode, opened]
    latest_wins([panel.seen.change], forget_error, shown, [opened, *explained], dims=[], api_visibility="private")
