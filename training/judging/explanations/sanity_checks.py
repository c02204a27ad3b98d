"""Whether maps depend on what the network has learnt, and on the class that is asked for."""

import copy
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.last_stage import BATCH, QUICK, SLOW, last_stage, maps_at_last_stage
from interpret.attribution.sanity_checks import rank_correlation
from model.network import STAGE_NAMES, CifarResNet

RANDOM_NETWORKS = 4
PARTS = ("fc", *reversed(STAGE_NAMES))


def randomised(network: CifarResNet, parts: tuple[str, ...], seed: int) -> CifarResNet:
    """A copy whose named parts (stages or `fc`) have random weights, batch norm included, as if never trained."""
    changed, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for part in parts:
        for module in getattr(changed, part).modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, generator=generator)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
    return changed


def randomisation_test(
    network: CifarResNet, images: Float[Tensor, "count 3 32 32"], methods: tuple[str, ...] = QUICK, seed: int = 0
) -> tuple[dict[str, list[float]], dict[str, tuple[float, float]]]:
    """Mean rank correlation of each method's map with the trained network's, as parts become random from the top.

    Adebayo et al. 2018, https://arxiv.org/abs/1810.03292, section 3. One value for each part of PARTS that joins the
    random ones; and the band, mean and standard deviation, of wholly random networks' maps, two networks at a time.
    """
    predicted = torch.cat([network(batch).detach() for batch in images.split(BATCH)]).argmax(dim=1).tolist()
    trained = _maps_of(network, images, predicted, methods)
    similarity: dict[str, list[float]] = {name: [] for name in methods}
    for last in range(1, len(PARTS) + 1):
        maps = _maps_of(randomised(network, PARTS[:last], seed), images, predicted, methods)
        for name, values in similarity.items():
            values.append(_correlations(trained[name], maps[name])[0])
    random = [
        _maps_of(randomised(network, PARTS, seed + number), images, predicted, methods)
        for number in range(1, 1 + RANDOM_NETWORKS)
    ]
    return similarity, {name: _band([maps[name] for maps in random]) for name in similarity}


def _band(maps: list[list[np.ndarray]]) -> tuple[float, float]:
    """Mean and standard deviation of the correlations of every two networks' maps of each image."""
    pairs = [pair for one, other in combinations(maps, 2) for pair in zip(one, other, strict=True)]
    return _correlations([one for one, _ in pairs], [other for _, other in pairs])


def random_logit_test(
    network: CifarResNet, images: Float[Tensor, "count 3 32 32"], methods: tuple[str, ...] = QUICK, seed: int = 0
) -> dict[str, float]:
    """Mean rank correlation of each method's map of the predicted class with its map of another class, drawn at random.

    Sixt et al. 2020, https://arxiv.org/abs/1912.09818, section 4.1: a map of the class's evidence must depend on the
    class, so 1 is a failure.
    """
    predicted = torch.cat([network(batch).detach() for batch in images.split(BATCH)]).argmax(dim=1).numpy(force=True)
    classes = network.fc.out_features
    others = (predicted + np.random.default_rng(seed).integers(1, classes, len(predicted))) % classes
    maps, other_maps = (_maps_of(network, images, chosen.tolist(), methods) for chosen in (predicted, others))
    return {name: _correlations(maps[name], other_maps[name])[0] for name in maps}


def _maps_of(
    network: CifarResNet, images: Float[Tensor, "count 3 32 32"], classes: list[int], methods: tuple[str, ...]
) -> dict[str, list[np.ndarray]]:
    maps: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    activations = torch.cat([last_stage(network, batch) for batch in images.split(BATCH)])
    for image, each, class_index in zip(images, activations, classes, strict=True):
        found = maps_at_last_stage(network, each, class_index) if set(methods) & set(QUICK) else {}
        for name in methods:
            if name in SLOW:
                cam = class_activation_maps(network, image[None], STAGE_NAMES[-1], (class_index,), name)
                found[name] = cam.maps[0].numpy(force=True)
            maps[name].append(found[name])
    return maps


def _correlations(ones: list[np.ndarray], others: list[np.ndarray]) -> tuple[float, float]:
    """Mean and standard deviation. A constant map, which ranks nothing, is like no other: 0."""
    found = np.array([rank_correlation(one, other) or 0.0 for one, other in zip(ones, others, strict=True)])
    return float(found.mean()), float(found.std())
