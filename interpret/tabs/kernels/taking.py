"""A layer's weights as an array to take away, and the endpoint `/export_kernels`."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from interpret.layers.kernels import find_convolution
from interpret.tabs.kernels.answer import FOLDED, LAYER
from interpret.tabs.page.events import emptied_by
from interpret.tabs.page.files import keep, npy
from interpret.tabs.page.served import ServedRelease


def export_kernels_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/export_kernels`."""

    @served.answers
    def export_kernels(layer: str = LAYER, folded: bool = FOLDED) -> str:
        """All weights of one convolution as a NumPy array.

        Parameters:
            layer: one of the eight convolutions, as custom_block1 or resnet_block1.0.
            folded: multiply each kernel by the scale of the batch norm that follows it.
        Returns:
            kernels.npy: float32, (kernels, inputs, 3, 3).
        """
        return keep("kernels.npy", npy(find_convolution(served.release.network, layer).weights(bool(folded)).numpy()))

    return export_kernels


def export_kernels_section(served: ServedRelease, layer: gr.Dropdown, folded: gr.Checkbox) -> None:
    """Builds the button and its endpoint."""
    prepare = gr.Button("Prepare all weights of the layer as a NumPy array", size="sm", elem_id="prepare-kernels")
    file = gr.File(label="File", interactive=False, elem_id="exported-kernels")
    preparing = prepare.click(
        export_kernels_endpoint(served), [layer, folded], file, api_name="export_kernels", show_progress="minimal"
    )
    emptied_by([layer.change, folded.change], {file: None}, preparing)
