"""The last stage of a network and its maps there, for images of any size that is a multiple of 32."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.attribution.methods import METHOD_NAMES, METHODS, Method
from interpret.attribution.rules import weighted_sum
from model.network import STAGE_NAMES, STAGES, CifarResNet

BATCH = 100
SLOW = ("score_cam", "shapley", "occlusion")  # run the whole network again
QUICK = tuple(name for name in METHOD_NAMES if name not in SLOW)


def last_stage(network: CifarResNet, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 512 _ _"]:
    """The last stage's activations."""
    with torch.no_grad():
        x = network.normalise(images)
        for name in STAGE_NAMES:
            x = network.run_stage(name, x)
    return x


def pooled_maxima(
    network: CifarResNet, images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, "batch channels"]:
    """Each channel's maximum over the last stage's cells, which `fc` weights."""
    return last_stage(network, images).amax(dim=(2, 3))


def logits_of_any_size(
    network: CifarResNet, images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, "batch classes"]:
    """The logits: the head takes each channel's maximum everywhere."""
    with torch.no_grad():
        return network.classify(F.adaptive_max_pool2d(last_stage(network, images), STAGES[-1].resolution))


def head_gradient(
    network: CifarResNet, activations: Float[Tensor, "channels height width"], class_index: int
) -> Float[Tensor, "channels height width"]:
    """A logit's gradient at the last stage, where the head takes each channel's maximum over all cells."""
    _, cells = F.max_pool2d(activations[None], activations.shape[-2:], return_indices=True)
    flat = torch.zeros_like(activations).flatten(1)
    flat.scatter_(1, cells.view(-1, 1), network.fc.weight[class_index].detach()[:, None])
    return flat.view_as(activations)


def maps_at_last_stage(
    network: CifarResNet, activations: Float[Tensor, "channels height width"], class_index: int
) -> dict[str, Float[np.ndarray, "height width"]]:
    """The maps of the QUICK methods, by name."""
    gradient = head_gradient(network, activations, class_index)
    maps = {method.name: _apply(method, activations, gradient) for method in METHODS if method.name in QUICK}
    return {name: each.numpy(force=True) for name, each in maps.items()}


def _apply(method: Method, activations: Tensor, gradient: Tensor) -> Tensor:
    if method.rule is not None:
        return method.rule(activations, gradient)
    # Ablation-CAM: the logit is the sum of what each channel's maximum adds to it, so its share is what it costs.
    shares = (gradient * activations).sum(dim=(1, 2))
    return torch.relu(weighted_sum(shares / shares.sum(), activations))
