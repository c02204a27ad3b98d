"""What the Kernels tab shows, as a link that shows it again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from interpret.layers.kernels import NO_KERNEL, convolutions_by_name
from interpret.link import LinkWords, yes_or_no
from interpret.tabs.kernels.answer import FIRST_KERNEL, FOLDED, INPUT_CHANNEL, LAYER, RGB, SORT, SORTS
from interpret.tabs.page.permalink import Lens, link_field
from interpret.tabs.page.served import ServedRelease

TAB = "kernels"
USUAL = {
    "layer": LAYER,
    "input": INPUT_CHANNEL,
    "colour": yes_or_no(RGB),
    "kernel": FIRST_KERNEL,
    "folded": yes_or_no(FOLDED),
    "sort": SORT,
}


def link_maker(served: ServedRelease) -> Callable[..., str]:
    """What turns the tab's state into the query of a link, which names what is not as usual."""

    def make(layer: str, channel: float, rgb: bool, kernel: float | None, folded: bool, sort: str) -> str:
        open_kernel = NO_KERNEL if kernel is None else kernel
        values = (layer, int(channel), yes_or_no(rgb), open_kernel, yes_or_no(folded), sort)
        chosen = dict(zip(USUAL, values, strict=True))
        said = {word: value for word, value in chosen.items() if value != USUAL[word]}
        return "?" + urlencode({"tab": TAB, **said, "release": served.release.identifier})

    return make


def link_reader(served: ServedRelease) -> Callable[[LinkWords], list[Any]]:
    """What reads the tab's choices off a link, in the order of USUAL, and last the layer that they belong to: for
    another one they would be set back."""
    convolutions = convolutions_by_name(served.release.network)

    def read(words: LinkWords) -> list[Any]:
        layer = words.name("layer", LAYER, tuple(convolutions))
        convolution = convolutions[layer]
        channel = words.whole("input", INPUT_CHANNEL, 0, convolution.input_channels - 1)
        slider = gr.update(value=channel, maximum=convolution.input_channels - 1)
        rgb = words.yes("colour", RGB)
        kernel = words.whole("kernel", FIRST_KERNEL, NO_KERNEL, convolution.kernels - 1)
        return [layer, slider, rgb, kernel, words.yes("folded", FOLDED), words.name("sort", SORT, SORTS), layer]

    return read


def link_section(served: ServedRelease, choices: list[Any], layer_before: gr.Textbox) -> Lens:
    """Builds the field that holds the link, which is made while its accordion is open, and says how to follow it.

    `choices` are the tab's settings, in the order of USUAL.
    """
    with gr.Accordion("Link to this view", open=False, elem_id="kernels-link-section") as accordion:
        changed = [each.change for each in choices]
        link_field("kernels-link", changed, link_maker(served), choices, within=accordion)
    return Lens(TAB, [*choices, layer_before], link_reader(served))
