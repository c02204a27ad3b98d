"""Methods side by side on the GradCAM tab: the same question to up to twelve methods, the most faithful first."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr
import pandas as pd

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.attribution.methods import method_named
from interpret.explanation import PREDICTED, Question
from interpret.side_by_side import (
    COLUMNS,
    FIGURE_NAMES,
    FIGURES,
    MOST,
    USUAL_METHODS,
    SideBySide,
    side_by_side_steps,
)
from interpret.tabs.page.components.inputs import Dropdown, Memory, Radio
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import MODEL_QUEUE, PRIVATE, asked_by, endpoint
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings, method_choices
from interpret.tabs.page.static import markup
from interpret.tabs.page.stopping import NOT_RUNNING, stoppable

FIGURES_IN_WORDS = (
    "Cells of test pictures were erased in the order of each method's maps. Deletion: the confidence left while the "
    "most important cells vanish (lower is better). Insertion: while they appear. ROAD: how much more the important "
    "cells matter than the unimportant ones."
)
WIDTHS: list[str | int] = ["18%", "18%", "12%", "13%", "9%", "12%", "18%"]  # of COLUMNS: no word of a heading is broken
SORTS = [(title, name) for name, title in FIGURE_NAMES.items()]


def side_by_side_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/side_by_side`."""

    @served.answers_in_steps
    def methods_side_by_side(
        image: str | None,
        methods: Sequence[str] = USUAL_METHODS,
        layer: str = Question.layer,
        class_name: str = PREDICTED,
        squaring: str = Question.resize_mode,
        sort: str = FIGURES[0],
        orders: float = USUAL_SAMPLING.orders,
        seed: float = USUAL_SAMPLING.seed,
        grid: str = USUAL_SAMPLING.grid,
        fill: str = USUAL_SAMPLING.fill,
    ) -> Generator[Any, None, tuple[list[Any], pd.DataFrame, str]]:
        """Maps of one class by several methods, each on its own scale, the most faithful method first.

        Parameters:
            methods: from 1 to 12 of them; those that the layer does not know are left out.
            sort: by which figure of faithfulness: road, insertion or deletion.
        Returns:
            The maps with captions; a table of the methods: kind, faithfulness, strongest cell and unit; a sentence.
        """
        sampling = Sampling(orders, seed, grid, fill)
        question = Question(chosen(image), squaring, layer, (class_name,), sampling=sampling)
        return _shown((yield from side_by_side_steps(served.explainer, question, methods, sort)))

    return methods_side_by_side


def side_by_side_on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/side_by_side`, for the page: quick methods are shown at once, slow ones as they arrive; the state at the end
    holds their names in the order shown."""

    @served.answers_on_gpu
    def compare_on_page(
        image: str | None, methods: Sequence[str], layer: str, class_name: str, squaring: str, sort: str, *sampling: Any
    ) -> Iterator[tuple[Any, ...]]:
        question = Question(chosen(image), squaring, layer, (class_name,), sampling=Sampling(*sampling))
        steps, before = side_by_side_steps(served.explainer, question, methods, sort), 0
        try:
            while True:
                share, found = next(steps)
                title = found.waiting[0].title if found.waiting else ""
                bar = gr.update(value=markup("progress", title=title, share=f"{share:.3f}"), visible=True)
                news = len(found.explanations) != before
                before = len(found.explanations)
                shown = (*_shown(found), _order(found)) if news else (gr.skip(),) * 4
                yield *shown, bar, gr.update(visible=True)
        except StopIteration as end:
            yield *_shown(end.value), _order(end.value), *NOT_RUNNING

    return stoppable(compare_on_page)


def _order(found: SideBySide) -> list[str]:
    return [each.method.name for each in found.explanations]


def _shown(found: SideBySide) -> tuple[list[Any], pd.DataFrame, str]:
    return found.pictures(), pd.DataFrame(found.rows(), columns=list(COLUMNS)), found.sentence()


def side_by_side_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/side_by_side`; a click on a map chooses its method."""
    c = settings
    with gr.Accordion("Which methods, in which order", open=False):
        methods = Dropdown(
            method_choices(), value=list(USUAL_METHODS), multiselect=True, max_choices=MOST, label="Methods"
        )
        sort = Radio(SORTS, value=FIGURES[0], label="The most faithful first, by", info=FIGURES_IN_WORDS)
    inputs: list[Any] = [panel.picture, methods, c.layer, c.class_name, panel.resize_mode, sort, *c.sampling]
    with gr.Row():
        compare = gr.Button("Show them side by side", size="sm", elem_id="side-by-side")
        stop = gr.Button("Stop", visible=False, size="sm", scale=0, elem_id="side-by-side-stop")
    progress = gr.HTML(visible=False, elem_id="side-by-side-progress")
    sentence = gr.Markdown(elem_classes="answer", elem_id="side-by-side-sentence")
    gallery = thumbnail_gallery("Click a map to choose its method", "methods-gallery", "maps", columns=4)
    with gr.Accordion("As a table", open=False):
        table = gr.Dataframe(headers=list(COLUMNS), interactive=False, wrap=True, column_widths=WIDTHS,
                             elem_id="methods-table")  # fmt: skip
    order = Memory([], visible=False)
    outputs, running = [gallery, table, sentence], [progress, stop]
    empty: dict[Any, str | None] = {gallery: None, table: None, sentence: ""}
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    on_page = side_by_side_on_page(served)
    asked_by(compare, stop, on_page, inputs, [*outputs, order], running, shown=empty, given_up_by=changes)
    endpoint(side_by_side_endpoint(served), inputs, outputs, "side_by_side", **MODEL_QUEUE)
    gallery.select(choose_method, order, [c.method, gallery], **PRIVATE)


def choose_method(order: list[str], event: gr.SelectData) -> tuple[Any, ...]:
    """Explains by the method whose map was clicked."""
    if event.index >= len(order):  # The gallery has been emptied in the meantime.
        return gr.skip(), gr.skip()
    return method_named(order[event.index]).name, gr.update(selected_index=None)
