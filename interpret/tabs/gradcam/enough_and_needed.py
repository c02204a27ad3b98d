"""What is enough, what is needed: on the GradCAM tab, the fewest cells that a class can be said by, and not without."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.drawing.render import enlarge
from interpret.enough_and_needed import EnoughAndNeeded, Trial, enough_and_needed_steps
from interpret.explanation import PREDICTED, Question
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, asked_by, endpoint
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import markup
from interpret.tabs.page.stopping import NOT_RUNNING, stoppable

FACTOR = 8
Shown = tuple[np.ndarray, np.ndarray | None, np.ndarray | None, str, dict[str, Any]]


def measured_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/measured`."""

    @served.answers_in_steps
    def measured(
        image: str | None,
        class_name: str = PREDICTED,
        squaring: str = Question.resize_mode,
        orders: float = USUAL_SAMPLING.orders,
        seed: float = USUAL_SAMPLING.seed,
        grid: str = USUAL_SAMPLING.grid,
        fill: str = USUAL_SAMPLING.fill,
    ) -> Generator[float, None, Shown]:
        """What each cell of a picture is worth, measured by erasing cells; which cells are enough, and which needed.

        Returns:
            Every cell's worth with the half-width of its 95% confidence interval, in logits; the picture with only the
            cells that are enough for the network to say the class; the picture without those that it needs (either is
            null if there are none); a sentence; and the numbers, with standard errors.
        """
        question = _question(image, class_name, squaring, orders, seed, grid, fill)
        return _shown((yield from enough_and_needed_steps(served.explainer, question)))

    return measured


def measured_on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/measured`, for the page: it says how far it is, and can be stopped in between."""

    @served.answers_on_gpu
    def measure_on_page(*inputs: Any) -> Iterator[tuple[Any, ...]]:
        steps = enough_and_needed_steps(served.explainer, _question(*inputs))
        try:
            while True:
                bar = markup("progress", title="Erasing cells", share=f"{next(steps):.3f}")
                yield *(gr.skip() for _ in range(5)), gr.update(value=bar, visible=True), gr.update(visible=True)
        except StopIteration as end:
            yield *_shown(end.value), *NOT_RUNNING

    return stoppable(measure_on_page)


def _question(image: str | None, class_name: str, squaring: str, *sampling: Any) -> Question:
    return Question(chosen(image), squaring, class_names=(class_name,), sampling=Sampling(*sampling))


def _shown(found: EnoughAndNeeded) -> Shown:
    return found.picture(), _enlarged(found.enough), _enlarged(found.needed), found.sentence(), found.numbers()


def _enlarged(trial: Trial | None) -> np.ndarray | None:
    return None if trial is None else enlarge(trial.pixels, FACTOR)


def enough_and_needed_section(served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Builds the section and its endpoint `/measured`."""
    c = settings
    inputs: list[Any] = [panel.picture, c.class_name, panel.resize_mode, *c.sampling]
    gr.Markdown(
        "The network runs on the picture with cells erased in random orders, so what the score loses is measured, not "
        "estimated. These runs also show the fewest cells from which it says the class, more likely than not, and the "
        "fewest without which it says another. *Erasing*, among the settings, has finer cells and more orders."
    )
    with gr.Row():
        measure = gr.Button("Erase and see", size="sm", elem_id="measure")
        stop = gr.Button("Stop", visible=False, size="sm", scale=0, elem_id="measure-stop")
    progress = gr.HTML(visible=False, elem_id="measure-progress")
    sentence = gr.Markdown(elem_classes="answer", elem_id="measured-sentence")
    with gr.Row():
        worth = result_picture("What each cell is worth", "measured-worth", chart=True)
        enough = result_picture("Enough: this alone", "enough")
        needed = result_picture("Needed: all but this", "needed")
    with gr.Accordion("In numbers", open=False):
        numbers = gr.JSON(show_label=False)
    outputs, running = [worth, enough, needed, sentence, numbers], [progress, stop]
    empty: dict[Any, str | None] = {worth: None, enough: None, needed: None, sentence: "", numbers: None}
    changes = [panel.seen.change, *(each.change for each in inputs[1:])]
    asked_by(measure, stop, measured_on_page(served), inputs, outputs, running, shown=empty, given_up_by=changes)
    endpoint(measured_endpoint(served), inputs, outputs, "measured", **MODEL_QUEUE)
