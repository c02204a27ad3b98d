"""How each class activation map is made: pure functions of a stage's activations and of a logit's gradient there.

They agree with those of the grad-cam package (https://github.com/jacobgil/pytorch-grad-cam), before it stretches and
resizes; shared credit is this project's own.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Activations = Float[Tensor, "channels height width"]
Map = Float[Tensor, "height width"]
Rule = Callable[[Tensor, Tensor], Tensor]

RANDOM_SEED = 0
PLUS_PLUS_EPSILON, XGRAD_EPSILON = 1e-6, 1e-7


def weighted_sum(weights: Float[Tensor, "channels"], activations: Activations) -> Map:
    """The channels' activations, summed with these weights."""
    return torch.einsum("c,chw->hw", weights, activations)


def grad_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """Weights: the mean gradient of each channel. Selvaraju et al. 2017, equations 1 and 2."""
    return torch.relu(weighted_sum(gradient.mean(dim=(1, 2)), activations))


def grad_cam_plus_plus_rule(activations: Activations, gradient: Activations) -> Map:
    """Weights: positive gradients, each weighted so that several places count alike.

    Chattopadhay et al. 2018, equation 19; powers of the gradient stand for the higher derivatives of its exponential.
    """
    squares = gradient**2
    shares = squares / (
        2 * squares + activations.sum(dim=(1, 2), keepdim=True) * squares * gradient + PLUS_PLUS_EPSILON
    )
    shares = torch.where(gradient != 0, shares, 0.0)
    return torch.relu(weighted_sum((torch.relu(gradient) * shares).sum(dim=(1, 2)), activations))


def hires_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """Gradient x activation, cell by cell and signed. Draelos and Carin 2020, equation 4."""
    return (gradient * activations).sum(dim=0)


def xgrad_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """Weights: gradients averaged with the activations as their weights. Fu et al. 2020, equation 8."""
    totals = activations.sum(dim=(1, 2)) + XGRAD_EPSILON
    return torch.relu(weighted_sum((gradient * activations).sum(dim=(1, 2)) / totals, activations))


def layer_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """Positive gradient x activation, cell by cell. Jiang et al. 2021, equations 5 and 6."""
    return torch.relu((torch.relu(gradient) * activations).sum(dim=0))


def shared_credit_rule(activations: Activations, gradient: Activations) -> Map:
    """What each cell adds to the logit if the cells share the credit for every channel's maximum fairly; signed.

    At the last stage only, where the logit is the sum of the channels' maxima, each times the weight that the gradient
    holds at one of its cells. The shares are Shapley values, so they add up to the logit.
    """
    return weighted_sum(gradient.sum(dim=(1, 2)), shapley_of_maximum(activations))


def shapley_of_maximum(heights: Float[Tensor, "*batch height width"]) -> Float[Tensor, "*batch height width"]:
    """Each cell's Shapley value in the game whose worth is the largest height among the cells that take part.

    Heights are at least 0, and nobody's worth is 0. The airport game of Littlechild and Owen 1973, A Simple Expression
    for the Shapley Value in a Special Case: each step in height is shared equally by all cells that reach it.
    """
    flat = heights.flatten(-2).contiguous()  # channels last would be sorted four times as slowly
    ascending, cells = flat.sort(dim=-1)
    steps = ascending.clone()
    steps[..., 1:] -= ascending[..., :-1]
    steps /= torch.arange(flat.shape[-1], 0, -1, device=flat.device)  # how many cells reach each step
    return torch.empty_like(flat).scatter_(-1, cells, steps.cumsum(dim=-1)).view_as(heights)


def eigen_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """The activations' first principal component over the cells; no class has a say. Muhammad and Yeasin 2020."""
    return torch.relu(first_component(activations))


def eigen_grad_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """The first principal component of gradient x activation: Eigen-CAM, told of the class."""
    return torch.relu(first_component(gradient * activations))


def random_cam_rule(activations: Activations, gradient: Activations) -> Map:
    """Weights drawn evenly from [-1, 1], the same for every image: what a map that knows nothing looks like."""
    generator = torch.Generator().manual_seed(RANDOM_SEED)
    weights = 2 * torch.rand(len(activations), generator=generator) - 1
    return torch.relu(weighted_sum(weights.to(activations), activations))


def first_component(values: Activations) -> Map:
    """Each cell's coordinate along the direction in which the cells' channel vectors differ most.

    The sign of a principal component means nothing; here cells that are more active in sum have the larger coordinates.
    """
    cells = values.flatten(1).T
    centred = cells - cells.mean(dim=0)
    # With fewer cells than channels, the small matrix of the cells' products has the same component.
    if len(centred) <= centred.size(1):
        eigenvalues, vectors = torch.linalg.eigh((centred @ centred.T).double())
        component = vectors[:, -1] * eigenvalues[-1].clamp(min=0).sqrt()
    else:
        _, directions = torch.linalg.eigh((centred.T @ centred).double())
        component = centred.double() @ directions[:, -1]
    sign = torch.sign(component @ centred.sum(dim=1).double())
    return (component * torch.where(sign == 0, 1.0, sign)).to(values.dtype).view(values.shape[1:])
