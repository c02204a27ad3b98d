"""The evidence ledger: what each of the last stage's sixteen cells adds to each class's logit, exactly.

The head of the network takes every channel's maximum over the cells and weights it. Two ways to credit it to cells:

- `strongest`: all of it to the cell that holds the maximum. Gradient x activation (HiResCAM) is no approximation there.
- `shared`: fairly to all cells, by Shapley values, so that a cell that comes close to the maximum has its share.

Both add up to every logit.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.attribution.last_stage import last_stage
from interpret.attribution.rules import shapley_of_maximum
from interpret.choices import check_name
from model.network import STAGE_NAMES, CifarResNet

LAST_STAGE = STAGE_NAMES[-1]
SHARED, STRONGEST = "shared", "strongest"
CREDITS = (SHARED, STRONGEST)
METHOD_OF_CREDIT = {SHARED: "shared_credit", STRONGEST: "hires_cam"}  # whose map at the last stage is the ledger


@dataclass(frozen=True)
class Evidence:
    """`cells[k]` adds up to `logits[k]`, to rounding: signed, in logits, one value for each cell of the 4x4 grid."""

    logits: Float[Tensor, "classes"]
    cells: Float[Tensor, "classes 4 4"]

    def margin(self, one: int, other: int) -> Float[Tensor, "4 4"]:
        """What speaks for one class rather than another, cell by cell; it adds up to the difference of their logits."""
        return self.cells[one] - self.cells[other]


def evidence(network: CifarResNet, image: Float[Tensor, "1 3 32 32"], credit: str = SHARED) -> Evidence:
    """All classes' evidence from one forward pass, without a backward one. Raises ChoiceError for an unknown credit."""
    check_name("credit", credit, CREDITS)
    with torch.inference_mode():
        activations = last_stage(network, image)
        cells = evidence_cells(network, activations, credit)[0]
        return Evidence(network.classify(activations)[0], cells)


def evidence_cells(
    network: CifarResNet, activations: Float[Tensor, "batch channels 4 4"], credit: str = SHARED
) -> Float[Tensor, "batch classes 4 4"]:
    """What each cell adds to every logit, for a batch of the last stage's activations."""
    credited = shapley_of_maximum if credit == SHARED else _all_to_the_strongest
    with torch.no_grad():
        cells = network.fc.weight.to(activations.dtype) @ credited(activations).flatten(2)
        return cells.unflatten(2, activations.shape[-2:])


def _all_to_the_strongest(activations: Float[Tensor, "batch channels 4 4"]) -> Float[Tensor, "batch channels 4 4"]:
    """Each channel's maximum in the cell that holds it (the first one of equal cells), and 0 elsewhere."""
    maxima, cells = F.max_pool2d(activations, activations.shape[-1], return_indices=True)
    return (
        torch.zeros_like(activations).flatten(2).scatter_(2, cells.flatten(2), maxima.flatten(2)).view_as(activations)
    )
