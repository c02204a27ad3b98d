"""The evidence ledger: what each of the last stage's sixteen cells adds to each class's logit, exactly.

The head of the network takes every channel's maximum over the cells and weights it, so each channel's share of a logit
belongs to the one cell that holds the maximum: gradient x activation (HiResCAM) is no approximation there.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.attribution.cam import capture
from model.network import STAGE_NAMES, CifarResNet

LAST_STAGE = STAGE_NAMES[-1]


@dataclass(frozen=True)
class Evidence:
    """`cells[k]` adds up to `logits[k]`, to rounding: signed, in logits, one value for each cell of the 4x4 grid."""

    logits: Float[Tensor, "classes"]
    cells: Float[Tensor, "classes 4 4"]

    def margin(self, one: int, other: int) -> Float[Tensor, "4 4"]:
        """What speaks for one class rather than another, cell by cell; it adds up to the difference of their logits."""
        return self.cells[one] - self.cells[other]


def evidence(network: CifarResNet, image: Float[Tensor, "1 3 32 32"]) -> Evidence:
    """All classes' evidence from one forward pass, without a backward one."""
    captured = capture(network, image, LAST_STAGE)
    return Evidence(captured.logits, evidence_cells(network, captured.activations[None])[0])


def evidence_cells(
    network: CifarResNet, activations: Float[Tensor, "batch channels 4 4"]
) -> Float[Tensor, "batch classes 4 4"]:
    """Gradient x activation of every logit at the last stage, for a batch."""
    with torch.no_grad():
        maxima, cells = F.max_pool2d(activations, activations.shape[-1], return_indices=True)
        shares = maxima.flatten(1)[:, None] * network.fc.weight
        empty = shares.new_zeros((*shares.shape[:2], activations[0, 0].numel()))
        summed = empty.scatter_add_(2, cells.flatten(1)[:, None].expand_as(shares), shares)
        return summed.view(*shares.shape[:2], *activations.shape[-2:])
