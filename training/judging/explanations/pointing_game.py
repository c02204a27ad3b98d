"""Whether the map of a class points at it, among other classes."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from interpret.attribution.cam import measured_steps, worth_of
from interpret.attribution.last_stage import BATCH, QUICK, last_stage, logits_of_any_size, maps_at_last_stage
from interpret.attribution.measured.masking import USUAL_SAMPLING
from interpret.attribution.methods import METHODS, method_named
from interpret.attribution.perturbation import score_weights
from interpret.attribution.rules import weighted_sum
from interpret.attribution.steps import finish
from model.network import CifarResNet

SIDE = USUAL_SAMPLING.side  # cells of a mosaic that are erased; a quarter is 2x2 of them


def mosaics(
    images: Float[Tensor, "count 3 32 32"], labels: Integer[np.ndarray, "count"], count: int, seed: int = 0
) -> tuple[Float[Tensor, "_ 3 64 64"], Integer[np.ndarray, "_ 4"]]:
    """Images of four different classes side by side and one above another, and their classes, row by row."""
    generator = np.random.default_rng(seed)
    by_class = [np.flatnonzero(labels == index) for index in range(int(labels.max()) + 1)]
    classes = np.stack([generator.choice(len(by_class), size=4, replace=False) for _ in range(count)])
    rows = np.array([[generator.choice(by_class[index]) for index in four] for four in classes])
    quarters = images[torch.from_numpy(rows)]
    top, bottom = (torch.cat([quarters[:, left], quarters[:, left + 1]], dim=3) for left in (0, 2))
    return torch.cat([top, bottom], dim=2), classes


def pointing_game(
    network: CifarResNet,
    mosaic_images: Float[Tensor, "count 3 64 64"],
    classes: Integer[np.ndarray, "count 4"],
    methods: tuple[str, ...] = QUICK,
) -> dict[str, float]:
    """How often a class's map is largest in that class's quarter of a mosaic, by method; chance is 0.25.

    After Zhang et al. 2016, https://arxiv.org/abs/1608.00507, on mosaics as in Böhle et al. 2021,
    https://arxiv.org/abs/2104.00032, section 5.1.
    """
    hits = {method_named(name).name: 0 for name in methods}
    for batch, four in zip(
        mosaic_images.split(BATCH), np.split(classes, range(BATCH, len(classes), BATCH)), strict=True
    ):
        for mosaic, activations, wanted in zip(batch, last_stage(network, batch), four, strict=True):
            maps = maps_of_mosaic(network, mosaic, activations, wanted.tolist(), methods)
            for name, found in maps.items():
                hits[name] += sum(_points_at(each, quarter) for quarter, each in enumerate(found))
    return {name: count / classes.size for name, count in hits.items()}


def maps_of_mosaic(
    network: CifarResNet,
    mosaic: Float[Tensor, "3 64 64"],
    activations: Float[Tensor, "channels height width"],
    class_indices: list[int],
    methods: tuple[str, ...],
) -> dict[str, list[Float[np.ndarray, "_ _"]]]:
    """Each class's map, by method."""
    maps: dict[str, list[np.ndarray]] = {}
    if set(methods) & set(QUICK):
        quick = [maps_at_last_stage(network, activations, index) for index in class_indices]
        maps = {name: [each[name] for each in quick] for name in methods if name in QUICK}
    for method in (each for each in METHODS if each.of_pixels and each.name in methods):
        worth = worth_of(network, mosaic[None], USUAL_SAMPLING.fill, logits_of_any_size)
        measured = finish(measured_steps(worth, method, USUAL_SAMPLING))
        maps[method.name] = [measured.cells[index].reshape(SIDE, SIDE) for index in class_indices]
    if "score_cam" in methods:
        weights = finish(score_weights(partial(logits_of_any_size, network), mosaic[None], activations))
        scored = (torch.relu(weighted_sum(weights[index], activations)) for index in class_indices)
        maps["score_cam"] = [each.numpy(force=True) for each in scored]
    return maps


def _points_at(found: Float[np.ndarray, "side side"], quarter: int) -> bool:
    half = len(found) // 2
    row, column = np.unravel_index(found.argmax(), found.shape)
    return bool(found.max() > 0 and 2 * (row >= half) + (column >= half) == quarter)
