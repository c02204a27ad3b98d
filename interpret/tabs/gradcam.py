"""The GradCAM tab: which part of the picture speaks for a class."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from interpret.cam import class_indices_of, grad_cam, resize_map
from interpret.prediction import predict, probabilities_of, top_classes
from interpret.render import Panel, draw_panels, enlarge, overlay
from interpret.scales import unsigned_scale
from interpret.tabs.look import result_picture
from interpret.tabs.picture import PicturePanel
from interpret.tabs.served import MODEL_QUEUE, PRIVATE, QUIET, STAGE_CHOICES, ServedRelease
from interpret.words import describe_cam
from model.images import INPUT_SIZE

OVERLAY_FACTOR = 10
CELLS_SIDE = 288
UNIT = "logits per cell"


@dataclass(frozen=True)
class GradCamControls:
    """What the visitor sets; other tabs may set which class to explain, and against which."""

    explained: gr.Dropdown
    against: gr.Dropdown
    layer: gr.Dropdown
    opacity: gr.Slider
    smooth: gr.Checkbox
    top_k: gr.Slider


@dataclass(frozen=True)
class CamPictures:
    """The pictures of one answer: an overlay per explained class, and the maps' own cells with their legend."""

    overlays: list[np.ndarray]
    cells: np.ndarray
    sentence: str


def explain(
    served: ServedRelease,
    image: str | None,
    squaring: str,
    layer: str,
    explained: tuple[str, ...],
    opacity: float,
    top_k: float,
    smooth: bool,
) -> tuple[dict[str, float], CamPictures]:
    """Prediction, maps and pictures; the maps of all explained classes share one colour scale."""
    pixels, images = served.look(image, squaring)
    cam = grad_cam(served.network, images, layer, class_indices_of(explained, served.class_names))
    probabilities = probabilities_of(cam.logits[None], served.network.config.temperature)[0]
    maps = cam.maps.cpu()
    scale = unsigned_scale(maps.numpy(), UNIT)
    names = [served.class_names[index] for index in cam.class_indices]
    overlays = [
        enlarge(
            overlay(pixels, scale.paint(resize_map(each, INPUT_SIZE, smooth=smooth).numpy()), opacity), OVERLAY_FACTOR
        )
        for each in maps
    ]
    panels = [
        Panel(enlarge(scale.paint(each.numpy()), CELLS_SIDE // each.shape[0]), f"Evidence for {name}", scale)
        for each, name in zip(maps, names, strict=True)
    ]
    sentence = " ".join(describe_cam(each.numpy(), name) for each, name in zip(maps, names, strict=True))
    confidences = top_classes(probabilities, served.class_names, top_k)
    return confidences, CamPictures(overlays, draw_panels(panels, columns=len(panels)), sentence)


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
        smooth: bool = True,
    ) -> tuple[dict[str, float], np.ndarray, np.ndarray, str, np.ndarray | None]:
        """The most probable classes of a picture, and where in it the evidence for a class lies (Grad-CAM).

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            opacity: of the evidence on the picture, from 0 (picture only) to 1 (evidence only).
            top_k: how many classes to list, from 1 to 10.
            layer: the stage whose activations are weighed; the deepest is resnet_block3 with 4x4 cells.
            class_name: the class to explain, or "predicted".
            against: a second class whose evidence to show on the same scale, or "none".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
            smooth: interpolate the overlay between cells.
        Returns:
            The top classes with their calibrated confidences; the picture with its evidence; the map's own cells with a
            legend in logits per cell; a sentence that says where the evidence lies; the other class's overlay or None.
        """
        classes = (class_name,) if against in ("none", class_name) else (class_name, against)
        confidences, pictures = explain(served, image, squaring, layer, classes, opacity, top_k, smooth)
        other = pictures.overlays[1] if len(classes) > 1 else None
        return confidences, pictures.overlays[0], pictures.cells, pictures.sentence, other

    return gradcam


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


def gradcam_tab(served: ServedRelease, panel: PicturePanel) -> GradCamControls:
    """Builds the tab and its endpoints `/gradcam` and `/predict`."""
    gr.Markdown(
        "Bright areas raised the score of the chosen class; dark ones did nothing for it, or spoke against it.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer", elem_id="gradcam-sentence")
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            label = gr.Label(label="The network's answer", elem_id="gradcam-label")
            with gr.Row():
                overlay_image = result_picture("Evidence on the picture", "gradcam-overlay")
                against_image = result_picture("Evidence for the other class", "gradcam-against", visible=False)
                cells = result_picture("The map's own cells", "gradcam-cells", chart=True)
        with gr.Column(scale=1, min_width=240):
            controls = _controls(served.class_names)
            with gr.Accordion("All confidences", open=False):
                all_confidences = gr.Label(show_label=False)
            with gr.Accordion("How to read this", open=False):
                gr.Markdown(HOW_TO_READ)
    c = controls
    gr.on(
        [panel.seen.change, *(each.change for each in (c.explained, c.against, c.layer, c.opacity, c.smooth, c.top_k))],
        gradcam_endpoint(served),
        [panel.picture, c.opacity, c.top_k, c.layer, c.explained, c.against, panel.squaring, c.smooth],
        [label, overlay_image, cells, sentence, against_image],
        api_name="gradcam",
        **QUIET,
        **MODEL_QUEUE,
    )
    look = [panel.picture, panel.squaring]
    panel.seen.change(predict_endpoint(served), look, all_confidences, api_name="predict", **QUIET, **MODEL_QUEUE)
    c.against.change(lambda name: gr.update(visible=name != "none"), c.against, against_image, **PRIVATE)
    return controls


def _controls(class_names: tuple[str, ...]) -> GradCamControls:
    return GradCamControls(
        explained=gr.Dropdown([("the predicted class", "predicted"), *class_names], value="predicted", label="Explain"),
        against=gr.Dropdown([("no other class", "none"), *class_names], value="none", label="Compare with"),
        layer=gr.Dropdown(STAGE_CHOICES, value="resnet_block3", label="Layer, and its cells"),
        opacity=gr.Slider(0, 1, value=0.5, step=0.05, label="Opacity"),
        smooth=gr.Checkbox(True, label="Smooth the overlay between cells"),
        top_k=gr.Slider(1, len(class_names), value=3, step=1, label="Top predictions"),
    )


HOW_TO_READ = """
Grad-CAM asks how much the score (logit) of a class would rise if a channel of the chosen layer were more active, and
adds the channels' activations up with these weights. What speaks **against** the class is cut off at zero.

The colours run from zero to the largest value, which the legend states in logits per cell: a small number there means
weak evidence, however bright the picture. When two classes are compared, both share one scale.

The deepest layer has only 4×4 cells. A smooth overlay looks sharper than what was computed; the cells do not.

[Selvaraju et al. 2017](https://arxiv.org/abs/1610.02391)
"""
