"""The arithmetic of one number: how a cell of a stage's activations comes about, step by step, from the patch that its
convolution sees."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.choices import check_name, check_whole
from interpret.layers.kernels import Convolution, convolutions_by_name
from interpret.layers.receptive_field import Box, receptive_field
from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet

STRONGEST = 8
SIDE = 3  # of a kernel


@dataclass(frozen=True)
class Window:
    """One place where a convolution's kernel was laid: `patch`, what it saw there (0 beyond the edges), and what the
    products sum to."""

    row: int
    column: int
    patch: Float[Tensor, "inputs 3 3"]
    total: float


@dataclass(frozen=True)
class Arithmetic:
    """How a stage's activation at one cell of one channel comes about.

    The `kernel` was laid on one window, or on the four that a max-pool takes the largest sum of (`chosen` is its
    index). Then `scale` and `shift` are the batch norm's; ReLU; and in a residual stage `added`, what the stage was
    given at this cell. In float64, so that the steps add up.
    """

    layer: str
    channel: int
    row: int
    column: int
    kernel: Float[Tensor, "inputs 3 3"]
    windows: tuple[Window, ...]
    chosen: int
    scale: float
    shift: float
    added: float | None
    value: float
    field: Box

    @property
    def total(self) -> float:
        """What the chosen window's products sum to."""
        return self.windows[self.chosen].total

    @property
    def normalised(self) -> float:
        """After batch norm."""
        return self.total * self.scale + self.shift

    @property
    def rectified(self) -> float:
        """After ReLU."""
        return max(0.0, self.normalised)

    @property
    def result(self) -> float:
        """The number that is shown, by these steps."""
        return self.rectified + (self.added or 0.0)

    def by_input(self) -> Float[Tensor, "inputs"]:
        """What each input channel adds to the sum of products."""
        return (self.windows[self.chosen].patch * self.kernel).sum(dim=(1, 2))

    def numbers(self) -> dict[str, Any]:
        """All steps in numbers, as JSON has it; of the input channels the strongest with patch and kernel."""
        added, window = self.by_input(), self.windows[self.chosen]
        strongest = added.abs().argsort(descending=True)[:STRONGEST].tolist()
        return {
            "layer": self.layer,
            "channel": self.channel,
            "row": self.row,
            "column": self.column,
            "inputs": [
                {
                    "input_channel": each,
                    "patch": window.patch[each].tolist(),
                    "kernel": self.kernel[each].tolist(),
                    "adds": float(added[each]),
                }
                for each in strongest
            ],
            "sum_by_input": added.tolist(),
            "sums": [each.total for each in self.windows],
            "largest_sum": self.total,
            "batch_norm": {"scale": self.scale, "shift": self.shift, "result": self.normalised},
            "relu": self.rectified,
            "residual": self.added,
            "value": self.value,
            "receptive_field": vars(self.field.cut),
        }

    def sentence(self) -> str:
        """The steps in a row, as one reads a sum."""
        total, normalised = three_decimals(self.total), three_decimals(self.normalised)
        sums = f"The products sum to {total}"
        if len(self.windows) > 1:
            of_windows = ", ".join(three_decimals(each.total) for each in self.windows)
            sums = f"The products of four windows sum to {of_windows}; the largest is {total}"
        steps = [
            sums,
            f"batch norm: × {three_decimals(self.scale)} {'+' if self.shift >= 0 else '−'} {abs(self.shift):.3f} = "
            f"{normalised}",
            f"ReLU: {self.rectified:.3f}",
        ]
        if self.added is not None:
            steps.append(f"plus {self.added:.3f}, what the layer was given here, = {self.result:.3f}")
        return "; ".join(steps) + "."


def three_decimals(value: float) -> str:
    """A number with a true minus sign."""
    return f"{value:.3f}".replace("-", "−")


def arithmetic(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    layer: str,
    channel: int | float,
    row: int | float,
    column: int | float,
) -> Arithmetic:
    """The arithmetic of one cell of a stage's activations, for an image in [0, 1].

    Raises ChoiceError if there is no such stage, channel or cell.
    """
    check_name("layer", layer, STAGE_NAMES)
    with torch.inference_mode():
        _, outputs = network.forward_with_modules(image)
        found = outputs[layer][0]
        channel = check_whole("channel", channel, 0, len(found) - 1)
        row, column = (check_whole(name, at, 0, found.shape[1] - 1) for name, at in (("row", row), ("column", column)))
        before = _handed_on_before(network, image, outputs, layer)
        convolution, index = _last_convolution(network, layer)
        given = before if index == 0 else outputs[f"{layer}.{index - 1}"]
        kernel = convolution.weights()[channel]
        windows = _windows(given[0], kernel, row, column, convolution.pooled)
        return Arithmetic(
            layer,
            channel,
            row,
            column,
            kernel.double().cpu(),
            windows,
            max(range(len(windows)), key=lambda at: windows[at].total),
            float(convolution.scales[channel]),
            float(convolution.biases[channel]),
            float(before[0, channel, row, column]) if layer in RESIDUAL_STAGES else None,
            float(found[channel, row, column]),
            receptive_field(network, layer, row, column),
        )


def _handed_on_before(
    network: CifarResNet, image: Tensor, outputs: dict[str, Tensor], layer: str
) -> Float[Tensor, "1 _ _ _"]:
    at = STAGE_NAMES.index(layer)
    return outputs[STAGE_NAMES[at - 1]] if at else network.normalise(image)


def _last_convolution(network: CifarResNet, layer: str) -> tuple[Convolution, int]:
    """A stage's last convolution, and its place among the stage's modules."""
    *_, (name, convolution) = (
        each for each in convolutions_by_name(network).items() if each[0].partition(".")[0] == layer
    )
    return convolution, int(name.partition(".")[2] or 0)


def _windows(
    given: Float[Tensor, "inputs height width"],
    kernel: Float[Tensor, "inputs 3 3"],
    row: int,
    column: int,
    pooled: bool,
) -> tuple[Window, ...]:
    padded, kernel = F.pad(given.double(), (1, 1, 1, 1)), kernel.double()
    cells = [(2 * row + down, 2 * column + right) for down in (0, 1) for right in (0, 1)] if pooled else [(row, column)]
    patches = [padded[:, top : top + SIDE, left : left + SIDE].cpu() for top, left in cells]
    return tuple(
        Window(top, left, patch, float((patch * kernel.cpu()).sum()))
        for (top, left), patch in zip(cells, patches, strict=True)
    )
