"""Grad-CAM on a shared network: no hooks, nothing stored, safe for concurrent requests."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.choices import check_name
from model.network import STAGE_NAMES, CifarResNet


@dataclass(frozen=True)
class Cam:
    """A class activation map with the prediction that it explains.

    `maps` has one row per explained class: values of at least 0, in logits per cell, at the stage's own resolution.
    """

    logits: Float[Tensor, "classes"]
    class_indices: tuple[int, ...]
    maps: Float[Tensor, "maps height width"]


def grad_cam(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    stage_name: str,
    class_indices: tuple[int | None, ...] = (None,),
) -> Cam:
    """Grad-CAM of some classes' logits at one stage; None stands for the predicted class.

    Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391, equations 1 and 2: the channels' activations, weighed by
    the mean gradient of the logit in that channel, summed, and cut off below 0. The map is neither stretched nor
    resized, so its magnitude keeps its meaning. The logit, not the softmax, is explained: the softmax saturates.

    Raises ChoiceError for an unknown stage, IndexError for a class index that the network does not have.
    """
    logits, activations, gradients, indices = _gradients(network, image, stage_name, class_indices)
    maps = [weigh_channels(activations, gradient) for gradient in gradients]
    return Cam(logits, indices, torch.stack(maps))


def weigh_channels(
    activations: Float[Tensor, "channels height width"], gradient: Float[Tensor, "channels height width"]
) -> Float[Tensor, "height width"]:
    """Grad-CAM's rule: ReLU of the sum over channels of (mean gradient x activation)."""
    weights = gradient.mean(dim=(1, 2))
    return torch.relu(torch.einsum("c,chw->hw", weights, activations))


def _gradients(
    network: CifarResNet, image: Tensor, stage_name: str, class_indices: tuple[int | None, ...]
) -> tuple[Tensor, Tensor, list[Tensor], tuple[int, ...]]:
    """Logits, the stage's activations, and the gradient of each chosen logit with respect to them.

    What lies before the stage runs without autograd: its gradients are not needed.
    """
    check_name("layer", stage_name, STAGE_NAMES)
    with torch.no_grad():
        x = network.normalise(image)
        for name in STAGE_NAMES[: STAGE_NAMES.index(stage_name) + 1]:
            x = network.run_stage(name, x)
    activations = x.detach().requires_grad_()
    with torch.enable_grad():
        logits = network.classify_from(stage_name, activations)[0]
    indices = tuple(int(logits.argmax()) if index is None else index for index in class_indices)
    gradients = [
        torch.autograd.grad(logits[index], activations, retain_graph=number + 1 < len(indices))[0][0]
        for number, index in enumerate(indices)
    ]
    return logits.detach(), activations.detach()[0], gradients, indices


def resize_map(cam: Float[Tensor, "height width"], side: int, *, smooth: bool) -> Float[Tensor, "{side} {side}"]:
    """A map at another resolution: bilinear (`smooth`), or each cell as a flat square."""
    options = {"mode": "bilinear", "align_corners": False} if smooth else {"mode": "nearest"}
    return F.interpolate(cam[None, None], size=(side, side), **options)[0, 0]


def class_indices_of(names: tuple[str, ...], class_names: tuple[str, ...]) -> tuple[int | None, ...]:
    """Class indices by name; "predicted" gives None. Raises ChoiceError for an unknown name."""
    allowed = ("predicted", *class_names)
    checked = [check_name("class", name, allowed) for name in names]
    return tuple(None if name == "predicted" else class_names.index(name) for name in checked)
