"""How faithful each method's maps are: whether what they call important is what the network loses most without.

Deletion and insertion after Petsiuk et al. 2018, https://arxiv.org/abs/1806.07421, section 4.1; ROAD after Rong et al.
2022, https://arxiv.org/abs/2202.00449, sections 4 and 5. All erase the cells of the last stage's grid, 8x8 pixels each,
and follow the calibrated probability of the class that the whole picture is taken for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy.sparse import csr_matrix, eye_array
from scipy.sparse.linalg import spsolve

from interpret.erasing import GRID, pixel_mask
from interpret.prediction import predict
from interpret.validation import last_stage, maps_at_last_stage
from model.images import to_tensor
from model.network import CifarResNet

CELLS = GRID * GRID
ROAD_STEPS = (4, 8, 12)
NOISE = 0.01
NEIGHBOURS = [
    (down, across, 1 / 6 if 0 in (down, across) else 1 / 12)
    for down in (-1, 0, 1)
    for across in (-1, 0, 1)
    if (down, across) != (0, 0)
]


@dataclass(frozen=True)
class Faithfulness:
    """One method's scores: means over pictures, each with the half-width of its 95% confidence interval.

    `deletion`: the mean probability while cells vanish, most important first, in [0, 1]; lower is better. `insertion`:
    while they appear; higher is better. `road`: how much more is left without the least important cells than without
    the most important ones, in [-1, 1]; higher is better, 0 is chance.
    """

    deletion: tuple[float, float]
    insertion: tuple[float, float]
    road: tuple[float, float]


def faithfulness(network: CifarResNet, pictures: UInt8[np.ndarray, "count 32 32 3"]) -> dict[str, Faithfulness]:
    """The scores of every method whose maps need no further run of the network, at the last stage."""
    scores: dict[str, list[tuple[float, float, float]]] = {}
    for number, pixels in enumerate(pictures):
        (activations,) = last_stage(network, to_tensor(pixels[None]))
        with torch.no_grad():
            class_index = int(network.classify(activations[None]).argmax())
        curves = Curves(network, pixels, class_index, seed=number)
        for name, found in maps_at_last_stage(network, activations, class_index).items():
            scores.setdefault(name, []).append(curves.scores(found))
    return {name: Faithfulness(*_intervals(np.array(values))) for name, values in scores.items()}


def _intervals(scores: Float[np.ndarray, "count 3"]) -> Iterable[tuple[float, float]]:
    half_widths = 1.96 * scores.std(axis=0, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.full(3, np.nan)
    return [(float(mean), float(width)) for mean, width in zip(scores.mean(axis=0), half_widths, strict=True)]


class Curves:
    """One picture with cells erased in all ways that are asked for; each way is looked at once."""

    def __init__(self, network: CifarResNet, pixels: UInt8[np.ndarray, "32 32 3"], class_index: int, seed: int) -> None:
        self.network, self.class_index = network, class_index
        self.picture = pixels / 255.0
        self.mean = np.broadcast_to(np.array(network.config.mean), self.picture.shape)
        self.generator = np.random.default_rng(seed)
        self.known: dict[tuple[str, bytes], float] = {}

    def scores(self, found: Float[np.ndarray, "4 4"]) -> tuple[float, float, float]:
        """Deletion, insertion and ROAD of one map."""
        most_first = np.argsort(-found.ravel(), kind="stable")
        growing = [self._first(most_first, count) for count in range(CELLS + 1)]
        deletion = self._probabilities("delete", growing)
        insertion = self._probabilities("insert", growing)
        most = self._probabilities("road", [self._first(most_first, count) for count in ROAD_STEPS])
        least = self._probabilities("road", [self._first(most_first[::-1], count) for count in ROAD_STEPS])
        return float(np.mean(deletion)), float(np.mean(insertion)), float(np.mean(least) - np.mean(most))

    @staticmethod
    def _first(order: np.ndarray, count: int) -> Bool[np.ndarray, "4 4"]:
        mask = np.zeros(CELLS, bool)
        mask[order[:count]] = True
        return mask.reshape(GRID, GRID)

    def _probabilities(self, way: str, masks: list[np.ndarray]) -> list[float]:
        new = {mask.tobytes(): mask for mask in masks if (way, mask.tobytes()) not in self.known}
        if new:
            images = np.stack([self._changed(way, mask) for mask in new.values()]).astype(np.float32)
            _, probabilities = predict(self.network, torch.from_numpy(images).permute(0, 3, 1, 2).contiguous())
            for key, value in zip(new, probabilities[:, self.class_index].tolist(), strict=True):
                self.known[way, key] = value
        return [self.known[way, mask.tobytes()] for mask in masks]

    def _changed(self, way: str, mask: Bool[np.ndarray, "4 4"]) -> Float[np.ndarray, "32 32 3"]:
        if way == "road":
            return impute(self.picture, mask, self.generator)
        pixels = pixel_mask(mask)[..., None]
        return (
            np.where(pixels, self.mean, self.picture) if way == "delete" else np.where(pixels, self.picture, self.mean)
        )


def impute(
    picture: Float[np.ndarray, "32 32 3"], cells: Bool[np.ndarray, "4 4"], generator: np.random.Generator
) -> Float[np.ndarray, "32 32 3"]:
    """Noisy linear imputation: every pixel of the cells becomes the weighed mean of its neighbours, all at once, plus
    a little noise, so that neither their content nor the shape of the hole tells anything."""
    missing = pixel_mask(cells).ravel()
    weights = _neighbour_weights(*picture.shape[:2])
    inner, outer = weights[missing][:, missing], weights[missing][:, ~missing]
    flat = picture.reshape(-1, picture.shape[2])
    known = outer @ flat[~missing]
    system = (eye_array(int(missing.sum())) - inner).tocsc()
    filled = spsolve(system, known) if missing.any() and not missing.all() else np.full(known.shape, flat.mean(axis=0))
    result = flat.copy()
    result[missing] = filled.reshape(known.shape) + NOISE * generator.standard_normal(known.shape)
    return result.reshape(picture.shape)


def _neighbour_weights(height: int, width: int) -> csr_matrix:
    """Rows sum to 1: what each of a pixel's neighbours counts, fewer at the border."""
    row, column = np.divmod(np.arange(height * width), width)
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for down, across, weight in NEIGHBOURS:
        inside = (row + down >= 0) & (row + down < height) & (column + across >= 0) & (column + across < width)
        source = np.flatnonzero(inside)
        entries.append((np.full(len(source), weight), source, source + down * width + across))
    values, rows, columns = (np.concatenate(each) for each in zip(*entries, strict=True))
    totals = np.bincount(rows, weights=values)
    return csr_matrix((values / totals[rows], (rows, columns)), shape=(height * width,) * 2)
