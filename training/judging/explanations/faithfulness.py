"""How faithful each method's maps are: whether what they call important is what the network loses most without.

Deletion and insertion after Petsiuk et al. 2018, https://arxiv.org/abs/1806.07421, section 4.1; ROAD after Rong et al.
2022, https://arxiv.org/abs/2202.00449, sections 4 and 5. All erase the cells of the last stage's grid, 8x8 pixels each,
and follow the calibrated probability of the class that the network predicts for the whole image.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Integer, UInt8
from scipy.sparse import csr_matrix, eye_array
from scipy.sparse.linalg import spsolve

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.erasing import GRID, pixel_mask
from interpret.attribution.methods import method_named
from interpret.prediction import logits_of_many, probabilities_of
from model.images import to_tensor
from model.metrics import FaithfulnessFigures, MethodFaithfulness
from model.network import STAGE_NAMES, CifarResNet
from model.release import Release
from training.judging.evaluation import mean_and_half_width

logger = logging.getLogger("training")
CELLS = GRID * GRID
PROGRESS_EVERY = 100

Mask = Bool[np.ndarray, "4 4"]
Images = Float[np.ndarray, "batch 32 32 3"]
Probabilities = Float[np.ndarray, "batch"]
ROAD_STEPS = (4, 8, 12)
NOISE = 0.01
NEIGHBOURS = [
    (down, across, 1 / 6 if 0 in (down, across) else 1 / 12)
    for down in (-1, 0, 1)
    for across in (-1, 0, 1)
    if (down, across) != (0, 0)
]


@dataclass(frozen=True)
class Curves:
    """One map of one image: the probabilities after 0 to 16 cells, and ROAD."""

    deletion: Float[np.ndarray, "17"]
    insertion: Float[np.ndarray, "17"]
    road: float


def faithfulness_figures(
    release: Release, images: UInt8[np.ndarray, "count 32 32 3"], methods: Sequence[str]
) -> FaithfulnessFigures:
    """What `metrics.json` says of each method's faithfulness: means and half-widths of 95% confidence intervals.

    Figures of other methods stay if they were measured on as many images. Raises ChoiceError for an unknown method.
    """
    scores = faithfulness(release.network, images, methods)
    before, count, stage = release.metrics.faithfulness, len(images), STAGE_NAMES[-1]
    kept = before.methods if before and (before.count, before.stage) == (count, stage) else {}
    return FaithfulnessFigures(count, stage, {**kept, **scores})


def faithfulness(
    network: CifarResNet, images: UInt8[np.ndarray, "count 32 32 3"], methods: Sequence[str]
) -> dict[str, MethodFaithfulness]:
    """The scores of these methods' maps at the last stage. Raises ChoiceError for an unknown method."""
    for name in methods:
        method_named(name)
    curves = []
    for number, pixels in enumerate(images):
        image = to_tensor(pixels[None])
        class_index = int(logits_of_many(network, image).argmax())
        maps = {
            name: class_activation_maps(network, image, STAGE_NAMES[-1], (class_index,), name).maps[0].numpy()
            for name in methods
        }

        def predict(changed: Images, class_index: int = class_index) -> Probabilities:
            logits = logits_of_many(network, torch.from_numpy(changed.astype(np.float32)).permute(0, 3, 1, 2))
            return probabilities_of(logits, network.config.temperature)[:, class_index].numpy()

        curves.append(curves_of(maps, pixels / 255, np.array(network.config.mean), predict, seed=number))
        if (number + 1) % PROGRESS_EVERY == 0:
            logger.info("%d of %d pictures", number + 1, len(images))
    return {name: _summary([each[name] for each in curves]) for name in methods}


def _summary(curves: list[Curves]) -> MethodFaithfulness:
    deletion, insertion = (np.array([getattr(each, name) for each in curves]) for name in ("deletion", "insertion"))
    return MethodFaithfulness(
        mean_and_half_width(deletion.mean(axis=1)),
        mean_and_half_width(insertion.mean(axis=1)),
        mean_and_half_width(np.array([each.road for each in curves])),
        tuple(deletion.mean(axis=0).tolist()),
        tuple(insertion.mean(axis=0).tolist()),
    )


def curves_of(
    maps: Mapping[str, Float[np.ndarray, "4 4"]],
    image: Float[np.ndarray, "32 32 3"],
    fill: Float[np.ndarray, "3"],
    predict: Callable[[Images], Probabilities],
    seed: int,
) -> dict[str, Curves]:
    """The curves of each map of an image with values in [0, 1].

    `predict` gives the probability of the explained class in changed images; it is called once, for all maps together.
    """
    masks = {name: [_first(order, count) for count in range(CELLS + 1)] for name, order in _orders(maps).items()}
    asked = {
        (way, mask.tobytes()): mask
        for name in maps
        for ways, each in ((("delete", "insert"), masks[name]), (("road",), _road_masks(masks[name])))
        for way in ways
        for mask in each
    }
    changed = [_changed(image, fill, way, mask, seed) for (way, _), mask in asked.items()]
    known = dict(zip(asked, predict(np.stack(changed)).tolist(), strict=True))

    def values(way: str, chosen: list[Mask]) -> Float[np.ndarray, "steps"]:
        return np.array([known[way, mask.tobytes()] for mask in chosen])

    found = {}
    for name, growing in masks.items():
        most, least = np.split(values("road", _road_masks(growing)), 2)
        found[name] = Curves(values("delete", growing), values("insert", growing), float(least.mean() - most.mean()))
    return found


def _orders(maps: Mapping[str, Float[np.ndarray, "4 4"]]) -> dict[str, Integer[np.ndarray, "16"]]:
    """Each map's cells, the most important first."""
    return {name: np.argsort(-found.ravel(), kind="stable") for name, found in maps.items()}


def _first(order: Integer[np.ndarray, "16"], count: int) -> Mask:
    return np.isin(np.arange(CELLS), order[:count]).reshape(GRID, GRID)


def _road_masks(growing: list[Mask]) -> list[Mask]:
    """The most important cells in growing numbers, then as many of the least important ones."""
    return [growing[count] for count in ROAD_STEPS] + [~growing[CELLS - count] for count in ROAD_STEPS]


def _changed(
    image: Float[np.ndarray, "32 32 3"], fill: Float[np.ndarray, "3"], way: str, mask: Mask, seed: int
) -> Float[np.ndarray, "32 32 3"]:
    if way == "road":
        # The same cells get the same noise, whichever map asks for them.
        return impute(image, mask, np.random.default_rng([seed, *np.packbits(mask)]))
    pixels = pixel_mask(mask)[..., None]
    return np.where(pixels, fill, image) if way == "delete" else np.where(pixels, image, fill)


def impute(
    image: Float[np.ndarray, "32 32 3"], cells: Bool[np.ndarray, "4 4"], generator: np.random.Generator
) -> Float[np.ndarray, "32 32 3"]:
    """Noisy linear imputation: every pixel of the cells becomes the weighted mean of its neighbours, all at once, plus
    a little noise, so that neither their content nor the shape of the hole tells anything."""
    missing = pixel_mask(cells).ravel()
    weights = _neighbour_weights(*image.shape[:2])
    inner, outer = weights[missing][:, missing], weights[missing][:, ~missing]
    flat = image.reshape(-1, image.shape[2])
    known = outer @ flat[~missing]
    system = (eye_array(int(missing.sum())) - inner).tocsc()
    filled = spsolve(system, known) if missing.any() and not missing.all() else np.full(known.shape, flat.mean(axis=0))
    result = flat.copy()
    result[missing] = filled.reshape(known.shape) + NOISE * generator.standard_normal(known.shape)
    return result.reshape(image.shape)


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
