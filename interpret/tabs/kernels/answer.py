"""What is shown of a layer's kernels, and the endpoint `/kernels` that answers with it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from interpret.across_pictures.dossier import most_lost_first
from interpret.choices import check_name
from interpret.drawing.filters import SIGNS, describe_findings, describe_kernel
from interpret.drawing.kernels import (
    FOLDED_UNIT,
    UNIT,
    draw_colour_kernels,
    draw_frequencies,
    draw_histogram,
    draw_kernels,
)
from interpret.layers.filters import NORM, NUMBER, Figures, figures_of, frequency_responses
from interpret.layers.filters import SORTS as OF_WEIGHTS
from interpret.layers.kernels import (
    NO_KERNEL,
    Convolution,
    check_kernel,
    colour_kernels,
    convolutions_by_name,
    find_convolution,
    input_channel_kernels,
    kernel_inputs,
)
from interpret.tabs.page.served import ServedRelease
from model.network import STAGE_NAMES

LAYER, INPUT_CHANNEL, RGB, FOLDED, SORT = STAGE_NAMES[0], 0, True, False, NUMBER
FIRST_KERNEL = 0  # chosen whenever another layer is shown on the page
LOST = "lost"
SORTS = (*OF_WEIGHTS, LOST)
ORDERS = {NUMBER: "", NORM: " by norm", LOST: " by what is lost without them"}
MEAN_COLOUR = "mean of RGB"


@dataclass(frozen=True)
class View:
    """One layer's kernels as the visitor wants to see them; `order` holds their numbers as they stand in pictures."""

    convolution: Convolution
    figures: Figures
    folded: bool
    sort: str
    order: np.ndarray

    @property
    def unit(self) -> str:
        return FOLDED_UNIT if self.folded else UNIT

    def every_kernel(self, input_channel: float, rgb: bool) -> tuple[UInt8[np.ndarray, "tall wide 3"], str]:
        """All kernels on one input channel, or in colour where that is wanted and there are colours; a sentence."""
        convolution, name, ordered = self.convolution, self.convolution.name, ORDERS[self.sort]
        count = convolution.kernels
        if rgb and convolution.takes_colour:
            colours = colour_kernels(convolution, self.folded).numpy()[self.order]
            title = f"{name}{ordered}, in colour" if ordered else f"{name}: {count} kernels in colour"
            words = f"All {count} kernels of {name}, on red, green and blue together; grey is zero."
            return draw_colour_kernels(colours, title, self.unit), words
        weights = input_channel_kernels(convolution, input_channel, self.folded).numpy()[self.order]
        channel = int(input_channel)
        title = f"{name}{ordered}, on" if ordered else f"{name}: {count} kernels on"
        words = f"What each of the {count} kernels of {name} does to channel {channel} of its "
        words += f"{convolution.input_channels} inputs. {SIGNS}"
        return draw_kernels(weights, f"{title} input channel {channel}", self.unit), words

    def findings(self) -> str:
        """What else there is to say of all kernels, in sentences."""
        found = describe_findings(self.convolution, self.figures, folded=self.folded, sort=self.sort)
        return found if self.sort != LOST else f"The kernels without which most is lost come first. {found}"

    def one_kernel(self, kernel: float) -> tuple[UInt8[np.ndarray, "tall wide 3"], str]:
        """What one kernel does to each of its input channels; a sentence. Raises ChoiceError for an unknown one."""
        convolution, number = self.convolution, check_kernel(self.convolution, kernel)
        weights = kernel_inputs(convolution, number, self.folded).numpy()
        inputs = "red, green and blue" if convolution.takes_colour else f"its {len(weights)} inputs"
        title = f"{convolution.name}: kernel {number} on {inputs}"
        line = describe_kernel(convolution, self.figures, number, folded=self.folded)
        return draw_kernels(weights, title, self.unit), line

    def histogram(self) -> UInt8[np.ndarray, "tall wide 3"]:
        """How the layer's weights are spread."""
        return draw_histogram(self.convolution.weights(self.folded).numpy(), self.convolution.name, self.unit)

    def frequencies(self) -> UInt8[np.ndarray, "tall wide 3"] | None:
        """To which frequencies the first layer's kernels respond; None for other layers, which see no picture."""
        if not self.convolution.takes_colour:
            return None
        responses = frequency_responses(self.convolution.weights(self.folded).numpy())
        of_what = f"{MEAN_COLOUR} × scale" if self.folded else MEAN_COLOUR
        return draw_frequencies(responses[self.order], of_what)

    def numbers(self) -> dict[str, Any]:
        """All numbers as JSON."""
        sizes = {"kernels": self.convolution.kernels, "inputs": self.convolution.input_channels}
        return {"layer": self.convolution.name, **sizes, **self.figures.numbers(self.order)}


Viewer = Callable[[str, bool, str], View]  # from a layer's name, whether batch norm is folded in, and an order


def viewer_of(served: ServedRelease) -> Viewer:
    """What gives views of the release's layers; each layer's kernels are compared once."""
    network = served.release.network

    @functools.lru_cache(maxsize=len(convolutions_by_name(network)))
    def figures(name: str) -> Figures:
        return figures_of(find_convolution(network, name))

    def view(layer: str, folded: bool, sort: str) -> View:
        convolution = find_convolution(network, layer)
        found = figures(convolution.name)
        if check_name("sort", sort, SORTS) == LOST:
            order = most_lost_first(served.release, convolution.name)
        else:
            order = found.order(sort, bool(folded))
        return View(convolution, found, bool(folded), sort, order)

    return view


def kernels_endpoint(served: ServedRelease, view: Viewer) -> Callable[..., Any]:
    """The handler of `/kernels`."""

    @served.answers
    def kernels(
        layer: str = LAYER,
        input_channel: float = INPUT_CHANNEL,
        rgb: bool = RGB,
        kernel: float = NO_KERNEL,
        folded: bool = FOLDED,
        sort: str = SORT,
    ) -> tuple[Any, ...]:
        """The kernels of one of the eight convolutions, compared with one another.

        Parameters:
            layer: the convolution: a stage's name, or for the residual stages the state dict's, as resnet_block1.0; a
                residual stage's own name means its first convolution.
            input_channel: whose weights to show, from 0; not used where colours or one kernel are shown.
            rgb: show the first layer's three input channels together as colours; other layers have no colours.
            kernel: from 0, to show what this kernel does to each of its input channels; -1 shows all kernels.
            folded: multiply each kernel by the scale of the batch norm that follows it.
            sort: "number"; "norm" (L2, over all inputs), largest first; or "lost", those first without which fewest
                test pictures are right, where that was measured.
        Returns:
            The kernels, the first in order at the upper left, or the one kernel's inputs, with the range of the
            weights; a sentence, which counts near-duplicates and dead kernels, or describes the one kernel; a histogram
            of the layer's weights; the first layer's frequency responses (null for others), from -0.5 to 0.5 cycles per
            pixel; all numbers as JSON: norms, batch norm's scales and biases, near-duplicates, dead kernels, and the
            order.
        """
        found = view(layer, folded, sort)
        if kernel == NO_KERNEL:
            picture, words = found.every_kernel(input_channel, rgb)
            sentence = f"{words} {found.findings()}"
        else:
            picture, sentence = found.one_kernel(kernel)
        return picture, sentence, found.histogram(), found.frequencies(), found.numbers()

    return kernels
