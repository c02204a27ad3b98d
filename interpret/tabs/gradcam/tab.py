"""The GradCAM tab: which part of the picture speaks for a class."""

import functools
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.methods import METHODS, method_named
from interpret.drawing.scales import UNSIGNED_PALETTE, UNSIGNED_PALETTES
from interpret.drawing.words import describe_faithfulness
from interpret.explanation import Explanation, GradCamControls, Question, Style, asked_classes, explain, explain_steps
from interpret.prediction import predict, top_classes
from interpret.tabs.gradcam.evidence import evidence_section
from interpret.tabs.gradcam.export import export_section
from interpret.tabs.gradcam.sanity_checks import controls_section
from interpret.tabs.gradcam.warning import warning_line
from interpret.tabs.page.events import MODEL_QUEUE, PRIVATE, latest_wins
from interpret.tabs.page.look import result_picture
from interpret.tabs.page.permalink import link_section
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import STAGE_CHOICES, ServedRelease
from interpret.tabs.page.sliders import slider
from interpret.tabs.page.stopping import NOT_RUNNING, Stops, stoppable
from model.network import STAGE_NAMES


def gradcam_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/gradcam`."""

    @served.answers_on_gpu
    def gradcam(
        image: str | None,
        opacity: float = 0.5,
        top_k: float = 3,
        layer: str = "resnet_block3",
        class_name: str = "predicted",
        against: str = "none",
        squaring: str = "crop",
        smooth: bool = False,
        method: str = "grad_cam",
        palette: str = "magma",
    ) -> tuple[dict[str, float], np.ndarray, np.ndarray, str, np.ndarray | None]:
        """The most probable classes of a picture, and where in it the evidence for a class lies.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            opacity: of the evidence on the picture, from 0 (picture only) to 1 (evidence only).
            top_k: how many classes to list, from 1 to 10.
            layer: the stage whose activations are weighed; the deepest is resnet_block3 with 4x4 cells.
            class_name: the class to explain, or "predicted".
            against: a second class whose evidence to show on the same scale, or "none".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
            smooth: interpolate the overlay between cells.
            method: grad_cam, grad_cam_plus_plus, hires_cam, xgrad_cam, layer_cam, eigen_cam, eigen_grad_cam, score_cam,
                ablation_cam, or random_cam as a control.
            palette: of maps that are not signed: magma, viridis, cividis or jet.
        Returns:
            The top classes with their calibrated confidences; the picture with its evidence; the map's own cells with a
            legend; a sentence that says where the evidence lies; the other class's overlay or None.
        """
        question = _question(image, squaring, layer, class_name, against, method)
        return _answer(served, explain(served, question), Style(opacity, smooth, palette), top_k)

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
    ) -> Iterator[tuple[Any, ...]]:
        steps = explain_steps(served, _question(image, squaring, layer, class_name, against, method))
        try:
            while True:
                title = html.escape(method_named(method).title)
                bar = f'{title} <progress value="{next(steps):.3f}" aria-label="{title}"></progress>'
                yield *(gr.skip() for _ in range(5)), gr.update(value=bar, visible=True), gr.update(visible=True)
        except StopIteration as end:
            label, overlay, cells, sentence, other = _answer(served, end.value, Style(opacity, smooth, palette), top_k)
            titles = end.value.titles()
            shown = [gr.update(value=each, label=title) for each, title in zip((overlay, other), titles, strict=False)]
            against_image = shown[1] | {"visible": True} if other is not None else gr.update(value=None, visible=False)
            yield label, shown[0], cells, sentence, against_image, *NOT_RUNNING

    return stoppable(explain_on_page)


def stop_on_page(stops: Stops) -> tuple[Any, ...]:
    """What Stop does: a quick method answers in place of the one that was stopped, so that all on the page belongs
    together, and the slow one can be chosen again."""
    stops.count += 1
    gr.Info(f"Stopped: here is {METHODS[0].title} instead.", duration=5)
    return *NOT_RUNNING, METHODS[0].name


def _question(image: str | None, squaring: str, layer: str, class_name: str, against: str, method: str) -> Question:
    return Question(image, squaring, layer, asked_classes(class_name, against), method)


def _answer(
    served: ServedRelease, explanation: Explanation, style: Style, top_k: float
) -> tuple[dict[str, float], np.ndarray, np.ndarray, str, np.ndarray | None]:
    overlays = explanation.overlays(style)
    other = overlays[1] if len(overlays) > 1 else None
    confidences = explanation.confidences(served, top_k)
    return confidences, overlays[0], explanation.cells(style.palette), explanation.sentence(), other


def predict_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/predict`."""

    @served.answers_on_gpu
    def predict_all(image: str | None, squaring: str = "crop") -> dict[str, float]:
        """All ten classes with their calibrated confidences, which sum to 1.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
        Returns:
            The most probable class, and the confidence of each class.
        """
        _, images = served.look(image, squaring)
        _, probabilities = predict(served.network, images)
        return top_classes(probabilities[0], served.class_names, len(served.class_names))

    return predict_all


@dataclass(frozen=True)
class Shown:
    """Where the answers appear."""

    sentence: gr.Markdown
    progress: gr.HTML
    stop: gr.Button
    label: gr.Label
    overlay: gr.Image
    against: gr.Image
    cells: gr.Image
    faithful: gr.Markdown
    all_confidences: gr.Label


def gradcam_tab(served: ServedRelease, panel: PicturePanel) -> GradCamControls:
    """Builds the tab and its endpoints `/gradcam` and `/predict`."""
    gr.Markdown(
        "Bright areas speak for the chosen class, dark ones do not. HiResCAM shows what speaks for it in red, against "
        "it in blue.",
        elem_classes="lead",
    )
    warning_line(served, panel)
    shown, controls = _answer_beside_controls(served)
    with gr.Accordion("Evidence ledger: sixteen cells that add up to the score", open=True):
        evidence_section(served, panel, controls)
    with gr.Accordion("Can this map be trusted? Controls", open=False):
        controls_section(served, panel, controls)
    with gr.Accordion("Numbers, download and link", open=False):
        link_section(served, panel, controls)
        export_section(served, panel, controls)
    _answer_when_asked(served, panel, shown, controls)
    return controls


def _answer_beside_controls(served: ServedRelease) -> tuple[Shown, GradCamControls]:
    sentence = gr.Markdown(elem_classes="answer", elem_id="gradcam-sentence")
    with gr.Row():
        progress = gr.HTML(visible=False, elem_id="gradcam-progress")
        stop = gr.Button("Stop", visible=False, size="sm", scale=0, elem_id="gradcam-stop")
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            label = gr.Label(label="The network's answer", elem_id="gradcam-label")
            with gr.Row():
                overlay_image = result_picture("Evidence on the picture", "gradcam-overlay")
                against_image = result_picture("Evidence for the other class", "gradcam-against", visible=False)
                cells = result_picture("The map's own cells", "gradcam-cells", chart=True)
            faithful = gr.Markdown(
                describe_faithfulness(served.release.metrics, METHODS[0].name),
                elem_id="faithfulness",
                elem_classes="lead",
            )
        with gr.Column(scale=1, min_width=240):
            controls = _controls(served.class_names)
            with gr.Accordion("All confidences", open=False):
                all_confidences = gr.Label(show_label=False)
            with gr.Accordion("How to read this", open=False):
                gr.Markdown(how_to_read(served))
    shown = Shown(sentence, progress, stop, label, overlay_image, against_image, cells, faithful, all_confidences)
    return shown, controls


def _answer_when_asked(served: ServedRelease, panel: PicturePanel, shown: Shown, controls: GradCamControls) -> None:
    c, metrics = controls, served.release.metrics
    inputs = [panel.picture, c.opacity, c.top_k, c.layer, c.explained, c.against, panel.squaring, c.smooth, c.method,
              c.palette]  # fmt: skip
    outputs: list[Any] = [shown.label, shown.overlay, shown.cells, shown.sentence, shown.against]
    running = [shown.progress, shown.stop]
    changed = (c.explained, c.against, c.layer, c.opacity, c.smooth, c.top_k, c.method, c.palette)
    stops = gr.State(Stops())
    latest_wins(
        [panel.seen.change, *(each.change for each in changed)],
        gradcam_on_page(served),
        [stops, *inputs],
        [*outputs, *running],
        dims=outputs,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    shown.stop.click(stop_on_page, stops, [*running, c.method], **PRIVATE)
    # The API's answer comes whole, with no progress in between.
    gr.Button(visible=False).click(gradcam_endpoint(served), inputs, outputs, api_name="gradcam", **MODEL_QUEUE)
    look, confidences = [panel.picture, panel.squaring], shown.all_confidences
    latest_wins([panel.seen.change], predict_endpoint(served), look, confidences, api_name="predict", **MODEL_QUEUE)
    faithfulness = functools.partial(describe_faithfulness, metrics)
    latest_wins([c.method.change], faithfulness, c.method, shown.faithful, api_visibility="private")


def _controls(class_names: tuple[str, ...]) -> GradCamControls:
    return GradCamControls(
        explained=gr.Dropdown([("the predicted class", "predicted"), *class_names], value="predicted", label="Explain"),
        against=gr.Dropdown([("no other class", "none"), *class_names], value="none", label="Compare with"),
        method=gr.Dropdown([(each.title, each.name) for each in METHODS], value="grad_cam", label="Method"),
        layer=gr.Dropdown(STAGE_CHOICES, value="resnet_block3", label="Layer, and its cells"),
        opacity=slider(0, 1, value=0.5, step=0.05, label="Opacity"),
        smooth=gr.Checkbox(False, label="Smooth between cells"),
        top_k=slider(1, len(class_names), value=3, step=1, label="Top predictions"),
        palette=gr.Dropdown(
            list(UNSIGNED_PALETTES), value=UNSIGNED_PALETTE, label="Colours", info="HiResCAM is always red and blue."
        ),
    )


def how_to_read(served: ServedRelease) -> str:
    """The text that explains the maps, and what their colours reach to for this release."""
    measured = served.release.metrics.usual_strength(METHODS[0].name, STAGE_NAMES[-1])
    return HOW_TO_READ.format(reach=USUAL_REACH if measured else OWN_REACH)


USUAL_REACH = (
    "The colours reach what the strongest cell of this method at this layer passes in only one picture of twenty: maps "
    "of different pictures can be compared, and a weak map looks weak. A stronger one stretches the scale."
)
OWN_REACH = "The colours run as far as the strongest of the maps shown and of the predicted class's."

HOW_TO_READ = """
Grad-CAM asks how much the score (logit) of a class would rise if a channel of the chosen layer were more active, and
adds the channels' activations up with these weights. What speaks **against** the class is cut off at zero, except by
HiResCAM, which shows it in blue.

{reach} The legend states how far it goes. When two classes are compared, both share one scale.

The deepest layer has only 4×4 cells. Smooth pictures look sharper than what was computed; the cells do not.

What each method weighs:

""" + "\n".join(
    f"- {method.title}: {method.idea}" + (f" ([paper](https://arxiv.org/abs/{method.paper}))" if method.paper else "")
    for method in METHODS
)
