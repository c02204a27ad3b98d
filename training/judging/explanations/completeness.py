"""Whether the cells' evidence adds up to what the network says, and cells and constants at every layer."""

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.attribution.balance import PLACES, balance
from interpret.attribution.evidence import CREDITS, evidence_cells
from interpret.attribution.last_stage import BATCH, last_stage
from model.metrics import SumErrors
from model.network import CifarResNet


def completeness(network: CifarResNet, images: Float[Tensor, "count 3 32 32"]) -> SumErrors:
    """How far the cells' evidence is from adding up to each logit, to each difference of two logits, and with the
    constants of later layers to the score at every layer.

    Images are in [0, 1].
    """
    worst_logit = worst_margin = worst_balance = 0.0
    for batch in images.split(BATCH):
        activations = last_stage(network, batch)
        with torch.no_grad():
            logits = network.classify(activations)
        scale = logits.abs().amax(dim=1, keepdim=True)
        for credit in CREDITS:
            errors = evidence_cells(network, activations, credit).sum(dim=(2, 3)) - logits
            worst_logit = max(worst_logit, float((errors.abs() / scale).max()))
            between = (errors[:, :, None] - errors[:, None, :]).abs() / scale[..., None]
            worst_margin = max(worst_margin, float(between.max()))
        for image, scores, largest in zip(batch, logits, scale.flatten().tolist(), strict=True):
            found = balance(network, image[None], int(scores.argmax()))
            score = float(scores.max())
            worst_balance = max(worst_balance, *(abs(sum(found.at(place)) - score) / largest for place in PLACES))
    return SumErrors(worst_logit, worst_margin, worst_balance)
