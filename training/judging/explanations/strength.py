"""How strong the maps of a network usually are, method by method and stage by stage: what colour scales reach to."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import UInt8

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.methods import METHODS, Method, method_named, methods_at
from model.images import to_tensor
from model.metrics import MethodStrength, StrengthFigures
from model.network import STAGE_NAMES, CifarResNet

QUANTILE = 0.95
BATCH = 50
QUICK = tuple(method.name for method in METHODS if method.rule is not None)
AT_MOST, AT_MOST_SLOW = 500, 100  # images; a method that runs the network again takes a second for each stage

Images = UInt8[np.ndarray, "count 32 32 3"]
Strongest = dict[str, dict[str, list[float]]]


def map_strength(network: CifarResNet, images: Images, methods: Sequence[str] = QUICK) -> StrengthFigures:
    """What `metrics.json` says of these methods: on how many images, and for each stage the 95% quantile of the
    predicted class's strongest cell (its magnitude, in the method's unit). Raises ChoiceError for an unknown method."""
    quick = [name for name in methods if method_named(name).rule is not None]
    slow = [name for name in methods if name not in quick]
    found = strongest_cells(network, images[:AT_MOST], quick)
    found |= strongest_cells_of_slow_methods(network, images[:AT_MOST_SLOW], slow)
    return StrengthFigures(QUANTILE, {name: _figures(found[name]) for name in methods})


def _figures(stages: dict[str, list[float]]) -> MethodStrength:
    quantiles = {stage: float(np.quantile(values, QUANTILE)) for stage, values in stages.items()}
    return MethodStrength(len(stages[STAGE_NAMES[-1]]), quantiles)


def stages_of(method: Method) -> tuple[str, ...]:
    """Where a method's maps differ: not at all by stage, if it erases pixels."""
    return STAGE_NAMES[-1:] if method.of_pixels else tuple(name for name in STAGE_NAMES if method in methods_at(name))


def strongest_cells(network: CifarResNet, images: Images, methods: Sequence[str]) -> Strongest:
    """By method and stage, the largest magnitude in the predicted class's map of each image: one pass forwards and
    backwards for all of them."""
    found: Strongest = defaultdict(lambda: defaultdict(list))
    asked = [method for method in METHODS if method.name in methods]
    for stage, activations, gradient in _captures(network, images):
        for method in asked:
            if method.rule is not None and stage in stages_of(method):
                found[method.name][stage].append(float(method.rule(activations, gradient).abs().max()))
    return found


def _captures(network: CifarResNet, images: Images) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Each image's activations at each stage, with the gradient of its predicted class's logit there."""
    device = network.mean.device
    for start in range(0, len(images), BATCH):
        batch = to_tensor(images[start : start + BATCH]).to(device).requires_grad_()
        with torch.enable_grad():
            logits, stages = network.forward_with_activations(batch)
            gradients = torch.autograd.grad(logits.amax(dim=1).sum(), list(stages.values()))
        for (stage, activations), gradient in zip(stages.items(), gradients, strict=True):
            for pair in zip(activations.detach(), gradient, strict=True):
                yield stage, *pair


def strongest_cells_of_slow_methods(network: CifarResNet, images: Images, methods: Sequence[str]) -> Strongest:
    """As `strongest_cells`, for the methods that run the network again."""
    found: Strongest = defaultdict(lambda: defaultdict(list))
    for pixels in images if methods else ():
        image = to_tensor(pixels[None]).to(network.mean.device)
        for name in methods:
            for stage in stages_of(method_named(name)):
                cam = class_activation_maps(network, image, stage, (None,), name)
                found[name][stage].append(float(cam.maps.abs().max()))
    return found


def strength_table(found: StrengthFigures) -> str:
    """How strong maps usually are, as Markdown."""
    lines = [f"| method | pictures | {' | '.join(STAGE_NAMES)} |", "|" + " --- |" * (2 + len(STAGE_NAMES))]
    for name, each in found.methods.items():
        values = (f"{each.stages[stage]:.3g}" if stage in each.stages else "" for stage in STAGE_NAMES)
        lines.append(f"| {method_named(name).title} | {each.count:,} | {' | '.join(values)} |")
    return "\n".join(lines)
