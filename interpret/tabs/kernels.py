"""The Kernels tab: what each convolution has learnt."""

import dataclasses
from typing import Any

import gradio as gr
import numpy as np

from interpret.drawing.render import Panel, draw_panels, tile_to_width
from interpret.drawing.scales import CHANNEL_PALETTE, signed_scale
from interpret.layers.kernels import (
    Convolution,
    colour_kernels,
    convolutions_by_name,
    find_convolution,
    input_channel_kernels,
)
from interpret.tabs.page.events import QUIET
from interpret.tabs.page.look import result_picture
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.sliders import slider

GRID_WIDTH = 640
GRID_GAP = 4
UNIT = "weight"


def draw_kernels(kernels: np.ndarray, title: str) -> np.ndarray:
    """Kernels (count, 3, 3) on one signed scale, kernel 0 at the upper left."""
    scale = signed_scale(kernels, UNIT)
    return draw_panels([Panel(_grid(scale.paint(kernels)), title, scale)])


def draw_colour_kernels(kernels: np.ndarray, title: str) -> np.ndarray:
    """Kernels (count, 3, 3, 3), RGB last, as colours: zero weights are mid-grey, the largest magnitude 0 or 255."""
    signed = signed_scale(kernels, "weight, of each colour")
    scale = dataclasses.replace(signed, palette=CHANNEL_PALETTE)
    limit = scale.high or 1.0
    pixels = np.rint((kernels / limit + 1) * 127.5).astype(np.uint8)
    return draw_panels([Panel(_grid(pixels), title, scale)])


def _grid(pixels: np.ndarray) -> np.ndarray:
    return tile_to_width(pixels, GRID_WIDTH, GRID_GAP)


def choices(convolutions: dict[str, Convolution]) -> list[tuple[str, str]]:
    """The layers as the page names them, with the names that the API takes."""
    return [
        (
            f"{number}: {name}, {each.module.out_channels} kernels, {each.input_channels} inputs",
            name,
        )
        for number, (name, each) in enumerate(convolutions.items(), start=1)
    ]


def kernels_tab(served: ServedRelease, demo: gr.Blocks) -> None:
    """Builds the tab and its endpoint `/kernels`."""
    convolutions = convolutions_by_name(served.release.network)
    most_inputs = max(each.input_channels for each in convolutions.values())
    first = next(iter(convolutions.values()))
    gr.Markdown(
        "Each 3×3 square is one learnt pattern, which the layer looks for everywhere in its input.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer")
    with gr.Row():
        layer = gr.Dropdown(choices(convolutions), value=first.name, label="Layer", min_width=240)
        channel = slider(0, most_inputs - 1, value=0, step=1, label="Input channel", visible=False)
    rgb = gr.Checkbox(True, label="Show the first layer in colour (red, green and blue inputs together)")
    picture = result_picture("Kernels", "kernels-picture", chart=True)

    @served.answers
    def kernels(layer: str = first.name, input_channel: float = 0, rgb: bool = True) -> tuple[np.ndarray, str]:
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
            colours = colour_kernels(convolution).numpy()
            title = f"{layer}: {count} kernels in colour"
            words = f"All {count} kernels of {layer}, on red, green and blue together; grey is zero."
            return draw_colour_kernels(colours, title), words
        weights = input_channel_kernels(convolution, input_channel).numpy()
        chosen = int(input_channel)
        words = f"What each of the {count} kernels of {layer} does to channel {chosen} of its {inputs} inputs."
        return draw_kernels(
            weights, f"{layer}: {count} kernels on input channel {chosen}"
        ), f"{words} Red adds, blue subtracts."

    def adjust(layer: str, rgb: bool) -> tuple[Any, Any]:
        convolution = convolutions[layer]
        takes_channel = not (rgb and convolution.takes_colour)
        return gr.update(maximum=convolution.input_channels - 1, value=0, visible=takes_channel), gr.update(
            visible=convolution.takes_colour
        )

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
