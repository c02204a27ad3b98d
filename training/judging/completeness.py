"""Whether the cells' evidence adds up to what the network says."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.attribution.evidence import evidence_cells
from interpret.attribution.last_stage import BATCH, last_stage
from model.network import CifarResNet


@dataclass(frozen=True)
class Completeness:
    """The largest errors of sums of evidence, relative to the largest magnitude of an image's logits."""

    logits: float
    margins: float
    count: int


def completeness(network: CifarResNet, images: Float[Tensor, "count 3 32 32"]) -> Completeness:
    """How far the cells' evidence is from adding up to each logit, and to each difference of two logits.

    Images are in [0, 1].
    """
    worst_logit = worst_margin = 0.0
    for batch in images.split(BATCH):
        activations = last_stage(network, batch)
        with torch.no_grad():
            logits = network.classify(activations)
        errors = evidence_cells(network, activations).sum(dim=(2, 3)) - logits
        scale = logits.abs().amax(dim=1, keepdim=True)
        worst_logit = max(worst_logit, float((errors.abs() / scale).max()))
        between = (errors[:, :, None] - errors[:, None, :]).abs() / scale[..., None]
        worst_margin = max(worst_margin, float(between.max()))
    return Completeness(worst_logit, worst_margin, len(images))
