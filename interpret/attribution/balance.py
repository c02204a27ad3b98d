"""Where a score comes from: what the cells of each layer add up to, and what the constants of later layers add.

With batch norm folded into scale and bias, the network around an image is linear but for constants: ReLU and pooling
pass on or drop. So at any layer the logit is gradient x activation, summed over the layer, plus gradient x bias, summed
over all batch norms that follow (and at the pixels, the subtraction of the mean). The constants are added up from the
biases here, not taken as what is missing.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet, scale_and_shift

PIXELS = "pixels"
PLACES = (PIXELS, *STAGE_NAMES)
Constant = tuple[Tensor, Tensor]  # the activations that it was added to, and what was added


@dataclass(frozen=True)
class Balance:
    """For the pixels and each stage, in logits: `cells` and `constants` add up to the `score`, to rounding."""

    score: float
    cells: tuple[float, ...]
    constants: tuple[float, ...]

    def at(self, place: str) -> tuple[float, float]:
        """What the cells add up to at one of PLACES, and what the later constants add."""
        index = PLACES.index(place)
        return self.cells[index], self.constants[index]


def balance(network: CifarResNet, image: Float[Tensor, "1 3 32 32"], one: int, other: int | None = None) -> Balance:
    """The balance of a logit, or of its lead over another one: one pass forwards and one backwards."""
    with torch.enable_grad():
        pixels = image.detach().clone().requires_grad_()
        x = network.normalise(pixels)
        places, constants = [pixels], [(x, -network.mean / network.std)]
        after_each: list[list[Constant]] = []
        for name in STAGE_NAMES:
            x, added = _run(network, name, x)
            places.append(x)
            after_each.append([*constants, *added])
            constants = []
        logits = network.classify(x)[0]
        score = logits[one] if other is None else logits[one] - logits[other]
        asked = [*places, *(output for stage in after_each for output, _ in stage)]
        gradients = iter(torch.autograd.grad(score, asked))
    cells = tuple(_total(next(gradients), place) for place in places)
    added_after = [sum(_total(next(gradients), bias) for _, bias in stage) for stage in after_each]
    later = tuple(sum(added_after[number:]) for number in range(len(places)))
    return Balance(float(score.detach()), cells, later)


def _total(gradient: Tensor, values: Tensor) -> float:
    return float((gradient * values.detach()).sum(dtype=torch.float64))


def _run(network: CifarResNet, name: str, x: Tensor) -> tuple[Tensor, list[Constant]]:
    """A stage's output, and the constants that its batch norms add."""
    before, added = x, []
    for module in network.stage(name):
        x = module(x)
        if isinstance(module, nn.BatchNorm2d):
            _, shift = scale_and_shift(module)
            added.append((x, shift.view(1, -1, 1, 1)))
    return (before + x if name in RESIDUAL_STAGES else x), added
