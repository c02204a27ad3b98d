"""How faithful each method's maps are: whether what they call important is what the network loses most without.

Deletion and insertion after Petsiuk et al. 2018, https://arxiv.org/abs/1806.07421, section 4.1; ROAD after Rong et al.
2022, https://arxiv.org/abs/2202.00449, sections 4 and 5. All erase the cells of the last stage's grid, 8x8 pixels each,
and follow the calibrated probability of the class that the whole picture is taken for.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy.sparse import csr_matrix, eye_array
from scipy.sparse.linalg import spsolve
from torch import Tensor

from interpret.cam import class_activation_maps
from interpret.erasing import GRID, pixel_mask
from interpret.methods import Method, method_named
from interpret.prediction import probabilities_of
from interpret.winograd import for_large_batches
from model.images import to_tensor
from model.network import STAGE_NAMES, CifarResNet

logger = logging.getLogger("training")
CELLS = GRID * GRID
PROGRESS_EVERY = 100
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


def faithfulness(
    network: CifarResNet, pictures: UInt8[np.ndarray, "count 32 32 3"], methods: Sequence[str]
) -> dict[str, Faithfulness]:
    """The scores of these methods' maps at the last stage. Raises ChoiceError for an unknown method."""
    chosen = [method_named(name) for name in methods]
    logits_of, scores = for_large_batches(network), []
    for number, pixels in enumerate(pictures):
        curves = Curves(network, logits_of, pixels, seed=number)
        scores.append(curves.scores(_maps(network, pixels, curves.class_index, chosen)))
        if (number + 1) % PROGRESS_EVERY == 0:
            logger.info("%d of %d pictures", number + 1, len(pictures))
    return {name: Faithfulness(*_intervals(np.array([each[name] for each in scores]))) for name in methods}


def _maps(
    network: CifarResNet, pixels: UInt8[np.ndarray, "32 32 3"], class_index: int, methods: list[Method]
) -> dict[str, Float[np.ndarray, "4 4"]]:
    image = to_tensor(pixels[None])
    return {
        each.name: class_activation_maps(network, image, STAGE_NAMES[-1], (class_index,), each.name).maps[0].numpy()
        for each in methods
    }


def _intervals(scores: Float[np.ndarray, "count 3"]) -> Iterable[tuple[float, float]]:
    half_widths = 1.96 * scores.std(axis=0, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.full(3, np.nan)
    return [(float(mean), float(width)) for mean, width in zip(scores.mean(axis=0), half_widths, strict=True)]


Masks = list[Bool[np.ndarray, "4 4"]]


class Curves:
    """One picture with cells erased in all ways that are asked for; each way is looked at once."""

    def __init__(
        self,
        network: CifarResNet,
        logits_of: Callable[[Float[Tensor, "batch 3 32 32"]], Float[Tensor, "batch classes"]],
        pixels: UInt8[np.ndarray, "32 32 3"],
        seed: int,
    ) -> None:
        self.config, self.logits_of, self.seed = network.config, logits_of, seed
        self.picture = pixels / 255.0
        self.mean = np.broadcast_to(np.array(network.config.mean), self.picture.shape)
        self.class_index = int(logits_of(to_tensor(pixels[None])).argmax())
        self.known: dict[tuple[str, bytes], float] = {}

    def scores(self, maps: Mapping[str, Float[np.ndarray, "4 4"]]) -> dict[str, tuple[float, float, float]]:
        """Deletion, insertion and ROAD of each map."""
        asked = {name: self._masks(found) for name, found in maps.items()}
        self._look([(way.split()[0], mask) for each in asked.values() for way, masks in each.items() for mask in masks])
        scores = {}
        for name, each in asked.items():
            mean = {
                way: float(np.mean([self.known[way.split()[0], mask.tobytes()] for mask in masks]))
                for way, masks in each.items()
            }
            scores[name] = mean["delete"], mean["insert"], mean["road least"] - mean["road most"]
        return scores

    @staticmethod
    def _masks(found: Float[np.ndarray, "4 4"]) -> dict[str, Masks]:
        most_first = np.argsort(-found.ravel(), kind="stable")

        def first(order: np.ndarray, counts: Iterable[int]) -> Masks:
            return [np.isin(np.arange(CELLS), order[:count]).reshape(GRID, GRID) for count in counts]

        growing = first(most_first, range(CELLS + 1))
        return {
            "delete": growing,
            "insert": growing,
            "road most": first(most_first, ROAD_STEPS),
            "road least": first(most_first[::-1], ROAD_STEPS),
        }

    def _look(self, asked: list[tuple[str, Bool[np.ndarray, "4 4"]]]) -> None:
        new = {(way, mask.tobytes()): mask for way, mask in asked if (way, mask.tobytes()) not in self.known}
        if new:
            images = np.stack([self._changed(way, mask) for (way, _), mask in new.items()]).astype(np.float32)
            logits = self.logits_of(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous())
            probabilities = probabilities_of(logits, self.config.temperature)[:, self.class_index]
            self.known.update(zip(new, probabilities.tolist(), strict=True))

    def _changed(self, way: str, mask: Bool[np.ndarray, "4 4"]) -> Float[np.ndarray, "32 32 3"]:
        if way == "road":
            # The same cells get the same noise, whichever map asks first.
            return impute(self.picture, mask, np.random.default_rng([self.seed, *np.packbits(mask)]))
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
