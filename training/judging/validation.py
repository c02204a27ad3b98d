"""Whether explanations say what they claim: checks of a network's maps, each with a figure that can fail.

Pictures are float32 in [0, 1], shape (N, 3, 32, 32).
"""

import copy
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn
from torch.nn import functional as F

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.evidence import evidence_cells
from interpret.attribution.methods import METHOD_NAMES, METHODS, Method, method_named, weighted_sum
from interpret.attribution.perturbation import score_weights
from interpret.attribution.sanity_checks import rank_correlation
from interpret.attribution.steps import finish
from model.network import STAGE_NAMES, STAGES, CifarResNet

BATCH = 100
RANDOM_NETWORKS = 4
SLOW = ("score_cam",)  # runs the network again for every channel
QUICK = tuple(name for name in METHOD_NAMES if name not in SLOW)
PARTS = ("fc", *reversed(STAGE_NAMES))


@dataclass(frozen=True)
class Completeness:
    """The largest errors of sums of evidence, relative to the largest magnitude of a picture's logits."""

    logits: float
    margins: float
    count: int


def last_stage(network: CifarResNet, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 512 _ _"]:
    """The last stage's activations, for pictures of any size that is a multiple of 32."""
    with torch.no_grad():
        x = network.normalise(images)
        for name in STAGE_NAMES:
            x = network.run_stage(name, x)
    return x


def logits_of_any_size(
    network: CifarResNet, images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, "batch classes"]:
    """The logits of pictures of any size that is a multiple of 32: the head takes each channel's maximum everywhere."""
    with torch.no_grad():
        return network.classify(F.adaptive_max_pool2d(last_stage(network, images), STAGES[-1].resolution))


def completeness(network: CifarResNet, images: Float[Tensor, "count 3 32 32"]) -> Completeness:
    """How far the cells' evidence is from adding up to each logit, and to each difference of two logits."""
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
    """The maps of the QUICK methods, for pictures of any size."""
    gradient = head_gradient(network, activations, class_index)
    maps = {method.name: _apply(method, activations, gradient) for method in METHODS if method.name in QUICK}
    return {name: each.numpy(force=True) for name, each in maps.items()}


def _apply(method: Method, activations: Tensor, gradient: Tensor) -> Tensor:
    if method.rule is not None:
        return method.rule(activations, gradient)
    # Ablation-CAM: the logit is the sum of what each channel's maximum adds to it, so its share is what it costs.
    shares = (gradient * activations).sum(dim=(1, 2))
    return torch.relu(weighted_sum(shares / shares.sum(), activations))


def mosaics(
    images: Float[Tensor, "count 3 32 32"], labels: Integer[np.ndarray, "count"], count: int, seed: int = 0
) -> tuple[Float[Tensor, "_ 3 64 64"], Integer[np.ndarray, "_ 4"]]:
    """Pictures of four different classes side by side and one above another, and their classes, row by row."""
    generator = np.random.default_rng(seed)
    by_class = [np.flatnonzero(labels == index) for index in range(int(labels.max()) + 1)]
    classes = np.stack([generator.choice(len(by_class), size=4, replace=False) for _ in range(count)])
    rows = np.array([[generator.choice(by_class[index]) for index in four] for four in classes])
    quarters = images[torch.from_numpy(rows)]
    top, bottom = (torch.cat([quarters[:, left], quarters[:, left + 1]], dim=3) for left in (0, 2))
    return torch.cat([top, bottom], dim=2), classes


def pointing_game(
    network: CifarResNet,
    pictures: Float[Tensor, "count 3 64 64"],
    classes: Integer[np.ndarray, "count 4"],
    methods: tuple[str, ...] = QUICK,
) -> dict[str, float]:
    """How often a class's map is largest in that class's quarter of a mosaic, by method; chance is 0.25.

    After Zhang et al. 2016, https://arxiv.org/abs/1608.00507, on mosaics as in Böhle et al. 2021,
    https://arxiv.org/abs/2104.00032, section 5.1.
    """
    hits = {method_named(name).name: 0 for name in methods}
    for batch, four in zip(pictures.split(BATCH), np.split(classes, range(BATCH, len(classes), BATCH)), strict=True):
        for picture, activations, wanted in zip(batch, last_stage(network, batch), four, strict=True):
            maps = maps_of_mosaic(network, picture, activations, wanted.tolist(), methods)
            for name, found in maps.items():
                hits[name] += sum(_points_at(each, quarter) for quarter, each in enumerate(found))
    return {name: count / classes.size for name, count in hits.items()}


def maps_of_mosaic(
    network: CifarResNet,
    picture: Float[Tensor, "3 64 64"],
    activations: Float[Tensor, "channels height width"],
    class_indices: list[int],
    methods: tuple[str, ...],
) -> dict[str, list[Float[np.ndarray, "height width"]]]:
    """Each class's map, by method."""
    maps: dict[str, list[np.ndarray]] = {}
    if set(methods) & set(QUICK):
        quick = [maps_at_last_stage(network, activations, index) for index in class_indices]
        maps = {name: [each[name] for each in quick] for name in methods if name in QUICK}
    if "score_cam" in methods:
        weights = finish(score_weights(partial(logits_of_any_size, network), picture[None], activations))
        scored = (torch.relu(weighted_sum(weights[index], activations)) for index in class_indices)
        maps["score_cam"] = [each.numpy(force=True) for each in scored]
    return maps


def _points_at(found: Float[np.ndarray, "side side"], quarter: int) -> bool:
    half = len(found) // 2
    row, column = np.unravel_index(found.argmax(), found.shape)
    return bool(found.max() > 0 and 2 * (row >= half) + (column >= half) == quarter)


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
    """Mean and standard deviation of the correlations of every two networks' maps of each picture."""
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
