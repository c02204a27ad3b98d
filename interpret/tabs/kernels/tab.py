"""The tab: a layer's kernels to click on, one of them with all of its inputs, and how the weights are spread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from interpret.choices import ChoiceError
from interpret.drawing.kernels import frame_kernel, kernel_at
from interpret.layers.filters import NORM, NUMBER
from interpret.layers.kernels import NO_KERNEL, Convolution, convolutions_by_name, first_of_stage
from interpret.tabs.channel.dossier import dossier_section
from interpret.tabs.kernels.answer import (
    FIRST_KERNEL,
    FOLDED,
    INPUT_CHANNEL,
    LAYER,
    LOST,
    RGB,
    SORT,
    SORTS,
    Viewer,
    kernels_endpoint,
    viewer_of,
)
from interpret.tabs.kernels.link import link_section
from interpret.tabs.kernels.taking import export_kernels_section
from interpret.tabs.page.components.inputs import Dropdown, Memory, Radio, Slider
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import IN_TURN, PRIVATE, endpoint, latest_wins
from interpret.tabs.page.permalink import Lens
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.static import script

SORTS_IN_WORDS = {
    NUMBER: "by number",
    NORM: "by norm, strongest first",
    LOST: "by what is lost without it, most first",
}


@dataclass(frozen=True)
class Settings:
    """What the visitor sets."""

    layer: gr.Dropdown
    channel: Slider
    rgb: gr.Checkbox
    kernel: gr.Number
    folded: gr.Checkbox
    sort: gr.Radio


@dataclass(frozen=True)
class Pictures:
    """What the tab shows of a layer, and of one of its kernels."""

    every: gr.Image
    sentence: gr.Markdown
    findings: gr.Markdown
    histogram: gr.Image
    frequencies: gr.Image
    numbers: gr.JSON
    one: gr.Image
    line: gr.Markdown


def choices(convolutions: dict[str, Convolution]) -> list[tuple[str, str]]:
    """The layers as the page names them, with the names that the API takes."""
    return [
        (f"{number}: {name}, {each.kernels} kernels, {each.input_channels} inputs", name)
        for number, (name, each) in enumerate(convolutions.items(), start=1)
    ]


def shower_on_page(served: ServedRelease, view: Viewer) -> Callable[..., Any]:
    """As `/kernels`, for the page, which shows all kernels and one of them; another layer begins with its first input
    channel and kernel."""

    @served.answers
    def show(
        layer: str, channel: float, rgb: bool, kernel: float | None, folded: bool, sort: str, layer_before: str
    ) -> tuple[Any, ...]:
        try:
            found, problem = view(layer, folded, sort), ""
        except ChoiceError as error:  # of this layer nobody has measured what is lost
            found, problem = view(layer, folded, NUMBER), f"{error} They stand by number. "
        convolution, restarted = found.convolution, {}
        if layer != layer_before:
            channel, kernel = INPUT_CHANNEL, FIRST_KERNEL
            restarted = {"value": channel, "maximum": convolution.input_channels - 1}
        picture, sentence = found.every_kernel(channel, rgb)
        inputs, line = gr.update(visible=False), _invitation(convolution)
        if kernel is not None and kernel != NO_KERNEL:
            one, line = found.one_kernel(kernel)
            inputs = gr.update(value=one, visible=True)
            picture = frame_kernel(picture, found.order.tolist().index(kernel), convolution.kernels)
        frequencies = gr.update(value=found.frequencies(), visible=convolution.takes_colour)
        slider: Any = {"visible": not (rgb and convolution.takes_colour), **restarted}
        return (
            picture, sentence, found.histogram(), frequencies, found.numbers(), inputs, line,
            problem + found.findings(), gr.update(**slider), gr.update(visible=convolution.takes_colour),
            kernel if restarted else gr.skip(), found.order.tolist(), layer,
        )  # fmt: skip

    return show


def _invitation(convolution: Convolution) -> str:
    return f"Click a kernel, or type its number, from 0 to {convolution.kernels - 1}, to see all of its inputs."


def clicked(order: list[int], event: gr.SelectData) -> Any:
    """The number of the kernel at the pixel that was clicked, in the order in which kernels are shown."""
    place = kernel_at(int(event.index[0]), int(event.index[1]), len(order)) if order else None
    return gr.skip() if place is None else order[place]


def kernels_tab(served: ServedRelease, tab: gr.Tab) -> Lens:
    """Builds the tab and its endpoints `/kernels` and `/export_kernels`; nothing is drawn before it is opened. Returns
    how links lead to it."""
    gr.Markdown(
        "Each 3×3 square is one learnt pattern, which the layer looks for everywhere in its input. Click a kernel to "
        "see all of its inputs.",
        elem_classes="lead",
    )
    settings, pictures = _widgets(served)
    order, layer_before, view = Memory([], visible=False), gr.Textbox(LAYER, visible=False), viewer_of(served)
    s, p = settings, pictures
    gr.Markdown("**The channel that this kernel makes:**")
    dossier_section(served, "kernels", tab, layer_before, s.kernel)  # these two change together
    asked: list[Any] = [s.layer, s.channel, s.rgb, s.kernel, s.folded, s.sort]
    lens = link_section(served, asked, layer_before)
    with gr.Accordion("How to read this", open=False):
        gr.Markdown(HOW_TO_READ)
    shown = [p.every, p.sentence, p.histogram, p.frequencies, p.numbers]
    latest_wins(
        [tab.select, *(each.change for each in asked)],
        shower_on_page(served, view),
        [*asked, layer_before],
        [*shown, p.one, p.line, p.findings, s.channel, s.rgb, s.kernel, order, layer_before],
        dims=[*shown, p.one, p.line, p.findings],
        api_visibility="private",
    )
    choosing = p.every.select(clicked, order, s.kernel, **IN_TURN)
    choosing.then(None, js=script("scroll_to", selector="#kernel-line", block="nearest", focus=None), **PRIVATE)
    network = served.release.network
    with gr.Row(visible=False):  # the API's own: it knows more names, and may ask for no kernel
        names = [*convolutions_by_name(network), *first_of_stage(network)]
        layer = Dropdown(names, value=LAYER, label="Layer")
        kernel = gr.Number(NO_KERNEL, label="Kernel")
    endpoint(kernels_endpoint(served, view), [layer, s.channel, s.rgb, kernel, s.folded, s.sort], shown, "kernels")
    return lens


def _widgets(served: ServedRelease) -> tuple[Settings, Pictures]:
    convolutions = convolutions_by_name(served.release.network)
    most_inputs = max(each.input_channels for each in convolutions.values())
    with gr.Row():
        layer = Dropdown(choices(convolutions), value=LAYER, label="Layer", min_width=240)
        sort = Radio(
            [(SORTS_IN_WORDS[each], each) for each in SORTS], value=SORT, label="Order", min_width=240,
            elem_id="kernels-sort",
        )  # fmt: skip
    channel = Slider(0, most_inputs - 1, value=INPUT_CHANNEL, step=1, label="Input channel", visible=False,
                     elem_id="kernels-input")  # fmt: skip
    with gr.Row():
        rgb = gr.Checkbox(RGB, label="Show the first layer in colour (red, green and blue inputs together)")
        folded = gr.Checkbox(FOLDED, label="Fold batch norm in: each kernel times its scale")
    sentence = gr.Markdown(elem_classes="answer", elem_id="kernels-sentence")
    findings = gr.Markdown(elem_id="kernels-findings")
    with gr.Row():
        with gr.Column(min_width=300):
            every = result_picture("Kernels", "kernels-picture", chart=True)
        with gr.Column(min_width=300):
            kernel = gr.Number(FIRST_KERNEL, label="Kernel, by number", precision=0, elem_id="kernel")
            line = gr.Markdown(elem_id="kernel-line")
            one = result_picture("This kernel on each of its inputs", "kernel-picture", chart=True)
    with gr.Row():
        histogram = result_picture("How the layer's weights are spread", "kernels-histogram", chart=True)
        frequencies = result_picture(
            "To which frequencies each kernel responds", "kernels-frequencies", chart=True
        )  # fmt: skip
    with gr.Accordion("Numbers, and arrays to take away", open=False):
        numbers = gr.JSON(show_label=False)
        export_kernels_section(served, layer, folded)
    return (
        Settings(layer, channel, rgb, kernel, folded, sort),
        Pictures(every, sentence, findings, histogram, frequencies, numbers, one, line),
    )


HOW_TO_READ = """
**Weights.** A kernel multiplies each 3×3 patch of its input by these numbers and adds them up. Each picture has one
scale, stated below it, with zero in the middle.

**Batch norm folded in.** After the convolution, batch norm multiplies each kernel's output by a scale and adds a bias.
Folded weights are the kernel's weights times that scale, γ / √(variance + ε); the bias is β − mean × scale. In
`custom_block1`, `custom_block2` and `custom_block3` a max-pool stands between convolution and batch norm. That changes
nothing where the scale is positive; where it is negative, the largest of four outputs becomes the smallest.

**Near-duplicates** are two kernels of one layer whose weights, over all inputs, have a cosine similarity of ±0.95 or
beyond: one of them, scaled, stands for the other but for a tenth of its squared norm. The sign is ignored: two opposite
kernels look for one pattern and its negative.

**Dead** is a kernel whose norm, or whose batch norm's scale, is below a thousandth of the layer's median.

**Frequencies.** The first layer's kernels see the picture itself. Each square shows how strongly a kernel responds to
grey waves: in its middle to none (an even grey), at its left and right edges to stripes that alternate from pixel to
pixel across (±0.5 cycles per pixel), at its upper and lower edges to such stripes down. It is the magnitude of the
discrete Fourier transform of the mean of the kernel's red, green and blue weights, padded with zeros to 16×16. A kernel
that compares colours is dark here.
"""
