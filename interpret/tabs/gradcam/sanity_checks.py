"""The controls on the GradCAM tab: the map beside maps that cannot know what the network learnt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.attribution.methods import method_named
from interpret.attribution.sanity_checks import edge_map, random_network, rank_correlation
from interpret.drawing.render import Panel, draw_panels, enlarge, two_decimals
from interpret.drawing.scales import unsigned_scale
from interpret.drawing.words import faithfulness_table, measured_faithfulness
from interpret.explanation import CELLS_SIDE, PREDICTED, Question, explain
from interpret.tabs.page.components import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, emptied_by
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from model.metrics import FaithfulnessFigures

ALIKE = 0.7


def sanity_checks_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/controls`."""

    @served.answers_on_gpu
    def controls(
        image: str | None,
        layer: str = Question.layer,
        class_name: str = PREDICTED,
        method: str = Question.method,
        squaring: str = Question.resize_mode,
    ) -> tuple[np.ndarray, str, dict[str, float | None]]:
        """A map beside three that cannot know what the network learnt, and how far they agree with it.

        Returns:
            The four maps; a sentence that says what the comparison means; the rank correlation (Spearman, -1 to 1, null
            if a map is constant) with the map of: random_weights, random_cam, edges.
        """
        question, explainer = Question(chosen(image), squaring, layer, (class_name,), method), served.explainer
        found = explain(explainer, question)
        same_class = replace(question, class_names=found.names)
        unlearnt = replace(explainer, network=random_network(explainer.network.config, explainer.device))
        explained = {
            # How strong maps usually are was measured on the network that learnt.
            "random_weights": replace(explain(unlearnt, same_class), usual=0.0),
            "random_cam": explain(explainer, replace(same_class, method="random_cam")),
        }
        edges = edge_map(found.pixels, found.maps.shape[1])
        maps = {name: each.maps[0] for name, each in explained.items()} | {"edges": edges}
        correlations = {name: rank_correlation(found.maps[0], each) for name, each in maps.items()}
        panels = {name: each.cells_panel(0) for name, each in explained.items()} | {"edges": _edge_panel(edges)}
        titled = [replace(panel, title=_title(name, correlations[name])) for name, panel in panels.items()]
        picture = draw_panels([found.cells_panel(0), *titled], columns=2)
        return picture, sanity_sentence(correlations, method), correlations

    return controls


def sanity_sentence(correlations: dict[str, float | None], method: str) -> str:
    """What the rank correlations mean."""
    if method == "random_cam":
        return "RandomCAM is itself a control: it knows nothing of the decision, whatever it looks like."
    known = {TITLES[name]: value for name, value in correlations.items() if value is not None}
    if not known:
        return "The map is the same everywhere: there is nothing to compare."
    warnings = []
    for way, sign in (("much as", 1), ("in nearly the opposite order of", -1)):
        if alike := [title for title, value in known.items() if sign * value >= ALIKE]:
            warnings.append(f"{way} {' and '.join(alike)} would")
    if warnings:
        return f"Careful: this map ranks the cells {', and '.join(warnings)}. It may show the picture only."
    closest = max(known, key=lambda title: abs(known[title]))
    return (
        f"No control ranks the cells as this map does; the closest is {closest}, with a rank correlation of "
        f"{two_decimals(known[closest])} (1 would be the same order, −1 the opposite one, 0 no relation)."
    )


FAITHFULNESS = """
**How faithful is each method?** On {count:,} test pictures, cells of the last layer's grid were erased in the order
of each method's map. *Deletion*: the mean confidence while the most important cells vanish. *Insertion*: while they
appear. *ROAD*: how much more is left without the least important cells than without the most important ones, filled in
so that the hole itself tells nothing. After ±: the half-width of the 95% confidence interval. What does no better than
RandomCAM explains nothing.

{table}
"""

TITLES = {"random_weights": "a network of random weights", "random_cam": "RandomCAM", "edges": "an edge map"}


def _title(name: str, correlation: float | None) -> str:
    value = "no order" if correlation is None else two_decimals(correlation, plus=True)
    return f"{TITLES[name][0].upper()}{TITLES[name][1:]}: {value}"


def _edge_panel(edges: np.ndarray) -> Panel:
    scale = unsigned_scale(edges, "brightness per pixel")
    return Panel(enlarge(scale.paint(edges), CELLS_SIDE // len(edges)), "", scale)


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
                    title=title,
                    y_lim=[0, 1],
                    height=300,
                    elem_id=f"{way}-curves",
                )


def sanity_checks_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/controls`."""
    inputs: list[Any] = [panel.picture, settings.layer, settings.class_name, settings.method, panel.resize_mode]
    gr.Markdown(
        "A map that looks the same on a network that learnt nothing shows the picture, not the decision. "
        "The numbers are rank correlations with the map: 1 is the same order of cells, 0 no relation."
    )
    compare = gr.Button("Compare the map with its controls", size="sm", elem_id="compare-controls")
    sentence = gr.Markdown(elem_classes="answer", elem_id="controls-sentence")
    picture = result_picture("The map and its controls", "controls-picture", chart=True)
    numbers = gr.JSON(label="Rank correlations", open=False, visible=False)
    comparing = compare.click(
        sanity_checks_endpoint(served),
        inputs,
        [picture, sentence, numbers],
        api_name="controls",
        show_progress="minimal",
        **MODEL_QUEUE,
    )
    if found := measured_faithfulness(served.release.metrics):
        gr.Markdown(FAITHFULNESS.format(count=found.count, table=faithfulness_table(found)))
        faithfulness_curves(found)
    # An answer to another question than the one now asked would mislead.
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    emptied_by(changes, {picture: None, sentence: "", numbers: None}, comparing)
