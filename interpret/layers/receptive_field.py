"""Which pixels a cell can see: its receptive field, exact from the architecture.

A 3x3 convolution with padding 1 sees one cell more on each side, a 2x2 max-pool the two that it takes the larger of.
The residual branch sees further than the identity beside it, so that a residual stage sees what its branch does.
"""

from dataclasses import dataclass

from torch import nn

from model.network import STAGE_NAMES, CifarResNet

SIDE = 32


@dataclass(frozen=True)
class Box:
    """Rows and columns of pixels, first and last one included; `cut` off at the image's edges if it reaches beyond."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def cut(self) -> "Box":
        top, left = max(0, self.top), max(0, self.left)
        return Box(top, left, min(SIDE - 1, self.bottom), min(SIDE - 1, self.right))

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1


def receptive_field(network: CifarResNet, point: str, row: int, column: int) -> Box:
    """The pixels that one cell at a point of `network.forward_with_modules` can see, those beyond the edges included.

    Raises KeyError for an unknown point.
    """
    steps = modules_before(network, point)
    (top, bottom), (left, right) = (_seen(steps, cell) for cell in (row, column))
    return Box(top, left, bottom, right)


def _seen(steps: list[nn.Module], cell: int) -> tuple[int, int]:
    first = last = cell
    for module in reversed(steps):
        if isinstance(module, nn.Conv2d):
            first, last = first - 1, last + 1
        elif isinstance(module, nn.MaxPool2d):
            first, last = 2 * first, 2 * last + 1
    return first, last


def modules_before(network: CifarResNet, point: str) -> list[nn.Module]:
    """All modules that lead from the pixels to a point, in order. Raises KeyError for an unknown point."""
    stage, _, last = point.partition(".")
    before = STAGE_NAMES[: STAGE_NAMES.index(stage)] if stage in STAGE_NAMES else ()
    steps = [module for name in before for module in network.stage(name)]
    own = dict(network.stage(stage).named_children())
    if last and last not in own:
        raise KeyError(point)
    for index, module in own.items():
        steps.append(module)
        if index == last:
            break
    return steps
