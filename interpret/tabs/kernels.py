"""The Kernels tab: what each convolution has learnt."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from interpret.drawing.kernels import draw_colour_kernels, draw_kernels
from interpret.layers.kernels import (
    Convolution,
    colour_kernels,
    convolutions_by_name,
    find_convolution,
    input_channel_kernels,
)
from interpret.tabs.page.components import Slider, result_picture
from interpret.tabs.page.events import QUIET
from interpret.tabs.page.served import ServedRelease
from model.network import STAGE_NAMES

LAYER, INPUT_CHANNEL, RGB = STAGE_NAMES[0], 0, True


def choices(convolutions: dict[str, Convolution]) -> list[tuple[str, str]]:
    """The layers as the page names them, with the names that the API takes."""
    return [
        (f"{number}: {name}, {each.module.out_channels} kernels, {each.input_channels} inputs", name)
        for number, (name, each) in enumerate(convolutions.items(), start=1)
    ]


def kernels_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/kernels`."""

    @served.answers
    def kernels(layer: str = LAYER, input_channel: float = INPUT_CHANNEL, rgb: bool = RGB) -> tuple[np.ndarray, str]:
        """The kernels of one of the eight convolutions.

        Parameters:
            layer: the convolution: a stage's name, or for the residual stages the state dict's, as resnet_block1.0.
            input_channel: whose weights to show, from 0; not used where colours are shown.
            rgb: show the first layer's three input channels together as colours; other layers have no colours.
        Returns:
            The layer's kernels, kernel 0 at the upper left, with the range of the weights; a sentence.
        """
        convolution = find_convolution(served.release.network, layer)
        count, inputs = convolution.module.out_channels, convolution.input_channels
        if rgb and convolution.takes_colour:
            picture = draw_colour_kernels(colour_kernels(convolution).numpy(), f"{layer}: {count} kernels in colour")
            return picture, f"All {count} kernels of {layer}, on red, green and blue together; grey is zero."
        weights, shown = input_channel_kernels(convolution, input_channel).numpy(), int(input_channel)
        picture = draw_kernels(weights, f"{layer}: {count} kernels on input channel {shown}")
        words = f"What each of the {count} kernels of {layer} does to channel {shown} of its {inputs} inputs."
        return picture, f"{words} Red adds, blue subtracts."

    return kernels


def kernels_tab(served: ServedRelease, demo: gr.Blocks) -> None:
    """Builds the tab and its endpoint `/kernels`."""
    convolutions = convolutions_by_name(served.release.network)
    most_inputs = max(each.input_channels for each in convolutions.values())
    gr.Markdown(
        "Each 3×3 square is one learnt pattern, which the layer looks for everywhere in its input.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer")
    with gr.Row():
        layer = gr.Dropdown(choices(convolutions), value=LAYER, label="Layer", min_width=240)
        channel = Slider(0, most_inputs - 1, value=INPUT_CHANNEL, step=1, label="Input channel", visible=False)
    rgb = gr.Checkbox(RGB, label="Show the first layer in colour (red, green and blue inputs together)")
    picture = result_picture("Kernels", "kernels-picture", chart=True)

    def adjust(layer: str, rgb: bool) -> tuple[Any, Any]:
        convolution = convolutions[layer]
        takes_channel = not (rgb and convolution.takes_colour)
        return gr.update(maximum=convolution.input_channels - 1, value=0, visible=takes_channel), gr.update(
            visible=convolution.takes_colour
        )

    kernels = kernels_endpoint(served)
    inputs, outputs = [layer, channel, rgb], [picture, sentence]
    gr.on([demo.load, channel.change], kernels, inputs, outputs, api_name="kernels", **QUIET)
    # A layer may have fewer input channels than the last one shown: first the slider, then the picture.
    gr.on(
        [layer.change, rgb.change],
        adjust,
        [layer, rgb],
        [channel, rgb],
        api_visibility="private",
        show_progress="hidden",
    ).then(kernels, inputs, outputs, api_visibility="private", **QUIET)
