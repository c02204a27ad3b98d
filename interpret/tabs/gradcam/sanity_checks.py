"""The controls on the GradCAM tab: the map beside maps that cannot know what the network learnt."""

from collections.abc import Callable, Generator
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.attribution.methods import FIRST_METHOD, method_named
from interpret.comparison import comparison_steps
from interpret.drawing.words import faithfulness_table, measured_faithfulness
from interpret.explanation import PREDICTED, Question
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, emptied_by, endpoint
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from model.metrics import FaithfulnessFigures


def sanity_checks_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/controls`."""

    @served.answers_in_steps
    def controls(
        image: str | None,
        layer: str = Question.layer,
        class_name: str = PREDICTED,
        method: str = Question.method,
        squaring: str = Question.resize_mode,
        orders: float = USUAL_SAMPLING.orders,
        seed: float = USUAL_SAMPLING.seed,
        grid: str = USUAL_SAMPLING.grid,
        fill: str = USUAL_SAMPLING.fill,
    ) -> Generator[float, None, tuple[np.ndarray, str, dict[str, float | None]]]:
        """A map beside three that cannot know what the network learnt, and how far they agree with it.

        Returns:
            The four maps; a sentence that says what the comparison means; the rank correlation (Spearman, -1 to 1, null
            if a map is constant) with the map of: random_weights, random_cam, edges.
        """
        sampling = Sampling(orders, seed, grid, fill)
        question = Question(chosen(image), squaring, layer, (class_name,), method, sampling)
        found = yield from comparison_steps(served.explainer, question)
        return found.picture(), found.sentence(), found.correlations

    return controls


FAITHFULNESS = """
**How faithful is each method?** On {count:,} test pictures, cells of the last layer's grid were erased in the order
of each method's map. *Deletion*: the mean confidence while the most important cells vanish. *Insertion*: while they
appear. *ROAD*: how much more is left without the least important cells than without the most important ones, filled in
so that the hole itself tells nothing. After ±: the half-width of the 95% confidence interval. What does no better than
RandomCAM explains nothing. Below the table the curves behind it: the legend names three, and each names itself when
pointed at.

{table}
"""


def faithfulness_curves(found: FaithfulnessFigures) -> None:
    """Builds the curves behind the table, if the release has them."""
    with gr.Row():
        for way, title in (("deletion", "Deletion: cells vanish"), ("insertion", "Insertion: cells appear")):
            rows = [
                (method_named(name).title, cells, confidence)
                for name, scores in found.methods.items()
                for cells, confidence in enumerate(getattr(scores, f"{way}_curve") or ())
            ]
            if rows:
                gr.LinePlot(
                    pd.DataFrame(rows, columns=["method", "cells", "mean confidence"]),
                    x="cells",
                    y="mean confidence",
                    color="method",
                    color_title=" ",
                    colors_in_legend=_named(found),
                    title=title,
                    y_lim=[0, 1],
                    height=300,
                    elem_id=f"{way}-curves",
                )


def _named(found: FaithfulnessFigures) -> list[str]:
    """Whose curves the legend names, which has no room for all: the most faithful, the page's first, the control."""
    best = max(found.methods, key=lambda name: found.methods[name].road[0])
    names = dict.fromkeys((best, FIRST_METHOD, "random_cam"))
    return [method_named(name).title for name in names if name in found.methods]


def sanity_checks_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/controls`."""
    inputs: list[Any] = [panel.picture, settings.layer, settings.class_name, settings.method, panel.resize_mode,
                         *settings.sampling]  # fmt: skip
    gr.Markdown(
        "A map that looks the same on a network that learnt nothing shows the picture, not the decision. "
        "The numbers are rank correlations with the map: 1 is the same order of cells, 0 no relation."
    )
    compare = gr.Button("Compare the map with its controls", size="sm", elem_id="compare-controls")
    sentence = gr.Markdown(elem_classes="answer", elem_id="controls-sentence")
    picture = result_picture("The map and its controls", "controls-picture", chart=True)
    numbers = gr.JSON(label="Rank correlations", open=False, visible=False)
    handler, outputs = sanity_checks_endpoint(served), [picture, sentence, numbers]
    by_default = [settings.method_by_default if each is settings.method else each for each in inputs]
    endpoint(handler, by_default, outputs, "controls", **MODEL_QUEUE)
    comparing = compare.click(
        handler, inputs, outputs, api_visibility="private", show_progress="minimal", **MODEL_QUEUE
    )
    if found := measured_faithfulness(served.release.metrics):
        gr.Markdown(FAITHFULNESS.format(count=found.count, table=faithfulness_table(found)))
        faithfulness_curves(found)
    # An answer to another question than the one now asked would mislead.
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    emptied_by(changes, {picture: None, sentence: "", numbers: None}, comparing)
