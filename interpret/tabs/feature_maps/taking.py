"""All channels of a layer as an array to take away, and the endpoint `/export_maps`."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from interpret.explanation import Question
from interpret.layers.channels import OUTPUT, channels_of
from interpret.tabs.page.events import MODEL_QUEUE, emptied_by
from interpret.tabs.page.files import keep, npy
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from model.network import STAGE_NAMES


def export_maps_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/export_maps`."""

    @served.answers_on_gpu
    def export_maps(
        image: str | None,
        layer: str = STAGE_NAMES[0],
        point: str = OUTPUT,
        squaring: str = Question.resize_mode,
    ) -> str:
        """All feature maps of one layer as a NumPy array.

        Parameters:
            layer: a stage, or a convolution of a residual stage.
            point: "output" of the layer, or of its convolution: "convolution", "batch_norm" after it, or "relu".
        Returns:
            feature_maps.npy: float32, (channels, rows, columns).
        """
        _, images = served.explainer.preprocess(chosen(image), squaring)
        return keep("feature_maps.npy", npy(channels_of(served.explainer.network, images, layer, point).maps))

    return export_maps


def export_maps_section(served: ServedRelease, panel: PicturePanel, layer: gr.Dropdown, point: gr.Dropdown) -> None:
    """Builds the button and its endpoint."""
    prepare = gr.Button("Prepare all maps of the layer as a NumPy array", size="sm", elem_id="prepare-maps")
    file = gr.File(label="File", interactive=False, elem_id="exported-maps")
    inputs = [panel.picture, layer, point, panel.resize_mode]
    preparing = prepare.click(
        export_maps_endpoint(served), inputs, file, api_name="export_maps", show_progress="minimal", **MODEL_QUEUE
    )
    emptied_by([panel.seen.change, layer.change, point.change], {file: None}, preparing)
