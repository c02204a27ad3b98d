"""How well the ledger predicts what erasing does: cells filled with something else, and the network asked again."""

import logging

import numpy as np
from jaxtyping import Bool, Float, UInt8

from interpret.attribution.erasing import CELL_NAMES, FOUR_RANDOM, FOUR_STRONGEST
from interpret.attribution.evidence import evidence
from interpret.attribution.measured.masking import FILLS, filling, showing
from interpret.prediction import logits_of_many
from model.images import to_tensor
from model.metrics import ErasedFigures, ErasingFigures
from model.network import CifarResNet
from training.judging.evaluation import mean_and_half_width

logger = logging.getLogger("training")
CELLS, FEW = len(CELL_NAMES), 4
CHOSEN = ("strongest", "random", FOUR_STRONGEST, FOUR_RANDOM)
ROUNDING = 1e-5  # logits
PROGRESS_EVERY = 100


def erasing_figures(network: CifarResNet, images: UInt8[np.ndarray, "count 32 32 3"]) -> ErasingFigures:
    """What `metrics.json` says of erasing: of each image's predicted class, with the ledger's shared credit.

    Every cell is erased alone, then the four that speak most for the class, and four at random.
    """
    correlations: dict[str, list[float]] = {fill: [] for fill in FILLS}
    changes: dict[str, list[np.ndarray]] = {fill: [] for fill in FILLS}
    for number, pixels in enumerate(images):
        image = to_tensor(pixels[None]).to(network.mean.device)
        found = evidence(network, image)
        winner = int(found.logits.argmax())
        cells = found.cells[winner].flatten().numpy(force=True)
        erased = np.concatenate([np.eye(CELLS, dtype=bool), _chosen(cells, np.random.default_rng(number))])
        for fill in FILLS:
            without = logits_of_many(network, showing(image, filling(network, image, fill), ~erased))
            change = (without - found.logits)[:, winner].numpy(force=True)
            if np.ptp(change[:CELLS]) > ROUNDING:  # nothing correlates where nothing changes
                correlations[fill].append(float(np.corrcoef(-cells, change[:CELLS])[0, 1]))
            changes[fill].append(change[CELLS:])
        if (number + 1) % PROGRESS_EVERY == 0:
            logger.info("%d of %d pictures", number + 1, len(images))
    return ErasingFigures(
        len(images), {fill: _summary(np.array(correlations[fill]), np.stack(changes[fill])) for fill in FILLS}
    )


def _chosen(evidence: Float[np.ndarray, "16"], generator: np.random.Generator) -> Bool[np.ndarray, "4 16"]:
    """The sets of cells that CHOSEN names."""
    strongest, random = np.argsort(-evidence, kind="stable"), generator.permutation(CELLS)
    orders = (strongest[:1], random[:1], strongest[:FEW], random[:FEW])
    return np.stack([np.isin(np.arange(CELLS), each) for each in orders])


def _summary(correlations: Float[np.ndarray, "changed"], changes: Float[np.ndarray, "images 4"]) -> ErasedFigures:
    falls, means = (changes < 0).mean(axis=0).tolist(), changes.mean(axis=0).tolist()
    return ErasedFigures(
        mean_and_half_width(correlations), dict(zip(CHOSEN, falls, strict=True)), dict(zip(CHOSEN, means, strict=True))
    )


def erasing_table(found: ErasingFigures) -> str:
    """How often the score fell, and by how much it changed, as Markdown."""
    heads = (f"{name} cell{'s' if name.startswith('four') else ''}" for name in CHOSEN)
    lines = [f"| filled with | correlation | {' | '.join(heads)} |", "|" + " --- |" * (2 + len(CHOSEN))]
    for fill, each in found.fills.items():
        mean, half_width = each.correlation
        values = (f"{each.falls[name]:.0%} ({each.changes[name]:+.2f})" for name in CHOSEN)
        lines.append(f"| {fill} | {mean:.2f} ± {half_width:.2f} | {' | '.join(values)} |")
    return "\n".join(lines)
