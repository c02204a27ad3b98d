"""The answer on the GradCAM tab: `/gradcam`, `/predict`, and the page's own form of `/gradcam`, which can stop."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.attribution.methods import DEFAULT_METHOD, method_named, methods_at
from interpret.explanation import (
    NO_CLASS,
    PREDICTED,
    Explanation,
    Question,
    Style,
    classes_in_question,
    explain_steps,
    usual_top_k,
)
from interpret.prediction import predict, top_classes
from interpret.tabs.page.components.results import drawn_confidences
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.static import markup
from interpret.tabs.page.stopping import NOT_RUNNING, Stops, stoppable
from model.network import STAGE_NAMES

INSTEAD = DEFAULT_METHOD  # of a method that was stopped, or that a layer does not know
Answer = tuple[dict[str, float], np.ndarray, np.ndarray, str, np.ndarray | None]


def gradcam_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/gradcam`."""

    @served.answers_in_steps
    def gradcam(
        image: str | None,
        opacity: float = Style.opacity,
        top_k: float = usual_top_k(served.class_names),
        layer: str = Question.layer,
        class_name: str = PREDICTED,
        against: str = NO_CLASS,
        squaring: str = Question.resize_mode,
        smooth: bool = Style.smooth,
        method: str = Question.method,
        palette: str = Style.palette,
        orders: float = USUAL_SAMPLING.orders,
        seed: float = USUAL_SAMPLING.seed,
        grid: str = USUAL_SAMPLING.grid,
        fill: str = USUAL_SAMPLING.fill,
    ) -> Generator[float, None, Answer]:
        """The most probable classes of a picture, and where in it the evidence for a class lies.

        Parameters:
            against: a second class whose evidence to show on the same scale, or "none".
        Returns:
            The top classes with their calibrated confidences; the picture with its evidence; the map's own cells with a
            legend; a sentence that says where the evidence lies; the other class's overlay or None.
        """
        classes, sampling = classes_in_question(class_name, against), Sampling(orders, seed, grid, fill)
        question = Question(chosen(image), squaring, layer, classes, method, sampling)
        found = yield from explain_steps(served.explainer, question)
        return _answer(found, Style(opacity, smooth, palette), top_k)

    return gradcam


def gradcam_on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/gradcam`, for the page: a method that takes long says how far it is, and can be stopped in between."""

    @served.answers_on_gpu
    def explain_on_page(
        image: str | None,
        opacity: float,
        top_k: float,
        layer: str,
        class_name: str,
        against: str,
        squaring: str,
        smooth: bool,
        method: str,
        palette: str,
        *sampling: Any,
    ) -> Iterator[tuple[Any, ...]]:
        if method_named(method) not in methods_at(layer):  # `suit_layer` or `suit_method` is about to mend that
            yield (gr.skip(),) * 9
            return
        classes = classes_in_question(class_name, against)
        question = Question(chosen(image), squaring, layer, classes, method, Sampling(*sampling))
        steps = explain_steps(served.explainer, question)
        try:
            while True:
                bar = markup("progress", title=method_named(method).title, share=f"{next(steps):.3f}")
                yield *(gr.skip() for _ in range(7)), gr.update(value=bar, visible=True), gr.update(visible=True)
        except StopIteration as end:
            yield *_shown(end.value, Style(opacity, smooth, palette), top_k), *NOT_RUNNING

    return stoppable(explain_on_page)


def stop_on_page(stops: Stops) -> tuple[Any, ...]:
    """What Stop does: a quick method answers in place of the one that was stopped, so that all on the page belongs
    together, and the slow one can be chosen again."""
    stops.count += 1
    return *NOT_RUNNING, INSTEAD


def tell_stopped() -> None:
    """Apart from stopping, as notes need the queue, which stopping must not wait for."""
    gr.Info(f"Stopped: here is {method_named(INSTEAD).title} instead.", duration=5)


def suit_layer(method: str, layer: str, aside: str) -> tuple[Any, str]:
    """The layer that a method which was chosen needs, if it exists at one only; what was set aside for another method
    than `INSTEAD` stays away."""
    kept = aside if method == INSTEAD else ""
    if method_named(method) in methods_at(layer):
        return gr.skip(), kept
    gr.Info(f"{method_named(method).title} exists at the last layer only, so this is the last layer.", duration=5)
    return STAGE_NAMES[-1], kept


def suit_method(layer: str, method: str, aside: str) -> tuple[Any, str]:
    """Another method for a layer that was chosen, if the present one does not exist there; it is set aside, and comes
    back with a layer where it exists."""
    if aside and method == INSTEAD and method_named(aside) in methods_at(layer):
        return aside, ""
    if method_named(method) in methods_at(layer):
        return gr.skip(), aside
    gr.Info(
        f"{method_named(method).title} exists at the last layer only: here is {method_named(INSTEAD).title} until you "
        "are back there.",
        duration=5,
    )
    return INSTEAD, method


def _answer(explanation: Explanation, style: Style, top_k: float) -> Answer:
    overlays = explanation.overlays(style)
    other = overlays[1] if len(overlays) > 1 else None
    confidences = explanation.confidences(top_k)
    return confidences, overlays[0], explanation.cells(style.palette), explanation.sentence(), other


def _shown(explanation: Explanation, style: Style, top_k: float) -> tuple[Any, ...]:
    """The answer as updates of the page's components: each overlay is labelled with its class, what its cells add up to
    stands below the map, and all confidences come last."""
    label, overlay, cells, sentence, other = _answer(explanation, style, top_k)
    every = explanation.confidences(len(explanation.config.class_names))
    titles = explanation.titles()
    against = gr.update(value=None, visible=False)
    if other is not None:
        against = gr.update(value=other, label=titles[1], visible=True)
    balances = "  \n".join(explanation.balances())
    return (
        drawn_confidences(label), gr.update(value=overlay, label=titles[0]), cells, sentence, against, balances,
        drawn_confidences(every),
    )  # fmt: skip


def predict_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/predict`."""

    @served.answers_on_gpu
    def predict_all(image: str | None, squaring: str = Question.resize_mode) -> dict[str, float]:
        """All ten classes with their calibrated confidences, which sum to 1.

        Returns:
            The most probable class, and the confidence of each class.
        """
        _, images = served.explainer.preprocess(chosen(image), squaring)
        _, probabilities = predict(served.explainer.network, images)
        return top_classes(probabilities[0], served.class_names, len(served.class_names))

    return predict_all
