"""The family of class activation maps: how each method turns activations and gradients into a map.

Every rule is a pure function of one stage's activations and of one logit's gradient with respect to them. Rules agree
with those of the grad-cam package (https://github.com/jacobgil/pytorch-grad-cam), before it stretches and resizes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.choices import check_name

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


@dataclass(frozen=True)
class Method:
    """One member of the family: what the page and the API call it, its unit, and its source.

    `rule` is None for the methods that run the network again, whose weights `interpret.attribution.perturbation` finds.
    """

    name: str
    title: str
    unit: str
    idea: str
    paper: str | None = None
    rule: Rule | None = None
    signed: bool = False
    of_class: bool = True
    shares_logit: bool = False  # weights are shares of the logit: where it is negative, they change sign


LOGITS, ACTIVATION, COMPONENT = "logits per cell", "weighted activation", "along the component"
METHODS = (
    Method(
        "grad_cam",
        "Grad-CAM",
        "logits, by mean gradient",
        "mean gradient of each channel; its cells do not add up to the score",
        "1610.02391",
        grad_cam_rule,
    ),
    Method(
        "grad_cam_plus_plus",
        "Grad-CAM++",
        ACTIVATION,
        "positive gradients, places weighted alike",
        "1710.11063",
        grad_cam_plus_plus_rule,
    ),
    Method(
        "hires_cam",
        "HiResCAM",
        LOGITS,
        "gradient × activation, cell by cell; at the last layer it adds up to the score",
        "2011.08891",
        hires_cam_rule,
        signed=True,
    ),
    Method(
        "xgrad_cam", "XGrad-CAM", LOGITS, "gradients averaged where the channel is active", "2008.02312", xgrad_cam_rule
    ),
    Method(
        "layer_cam", "LayerCAM", LOGITS, "positive gradient × activation, cell by cell", "2106.14440", layer_cam_rule
    ),
    Method(
        "eigen_cam",
        "Eigen-CAM",
        COMPONENT,
        "where the activations vary most, whatever the class",
        "2008.00299",
        eigen_cam_rule,
        of_class=False,
    ),
    Method(
        "eigen_grad_cam",
        "EigenGrad-CAM",
        COMPONENT,
        "where gradient × activation varies most",
        "2008.00299",
        eigen_grad_cam_rule,
    ),
    Method(
        "score_cam",
        "Score-CAM",
        ACTIVATION,
        "the score of the picture seen through each channel's map; however weak, its weights add up to 1",
        "1910.01279",
    ),
    Method(
        "ablation_cam",
        "Ablation-CAM",
        ACTIVATION,
        "the share of the score lost without each channel; of a negative score, bright areas speak against the class",
        shares_logit=True,
    ),
    Method(
        "random_cam",
        "RandomCAM (a control)",
        ACTIVATION,
        "random weights; it knows nothing",
        rule=random_cam_rule,
        of_class=False,
    ),
)
METHOD_NAMES = tuple(method.name for method in METHODS)


def method_named(name: str) -> Method:
    """Raises ChoiceError, which lists the methods there are."""
    return METHODS[METHOD_NAMES.index(check_name("method", name, METHOD_NAMES))]
