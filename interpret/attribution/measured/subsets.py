"""Which few cells of an image are enough for the network to say a class, and without which few it no longer says so."""

from collections.abc import Callable, Generator

import numpy as np
import torch
from jaxtyping import Bool

from interpret.attribution.measured.masking import Shown
from interpret.attribution.measured.shapley import Measured, Worth
from interpret.prediction import probabilities_of

LIKELY = 0.5

Cells = Bool[np.ndarray, "cells"]
Search = Generator[float, None, Cells | None]
Holds = Callable[[Shown], Bool[np.ndarray, "runs"]]


def enough(worth: Worth, measured: Measured, class_index: int, temperature: float) -> Search:
    """The fewest cells found that, shown alone, make the network say the class with a confidence of at least LIKELY.

    From no cell to all but one; None if no such set was found. Tried are all sets that were run, and those of the most
    valuable cells; of the smallest, cells are left out, the least valuable first, until none can be. Yields, after each
    round of runs, a number in [0, 1] that rises.
    """

    def holds(shown: Shown) -> Bool[np.ndarray, "runs"]:
        return (probabilities_of(worth(shown), temperature)[:, class_index] >= LIKELY).numpy(force=True)

    confidences = probabilities_of(torch.from_numpy(measured.logits), temperature)[:, class_index].numpy()
    return _fewest(measured, class_index, measured.shown[confidences >= LIKELY], holds)


def needed(worth: Worth, measured: Measured, class_index: int) -> Search:
    """The fewest cells found without which the network says another class. Otherwise as `enough`."""

    def holds(erased: Shown) -> Bool[np.ndarray, "runs"]:
        return (worth(~erased).argmax(dim=1) != class_index).numpy(force=True)

    other = measured.logits.argmax(axis=1) != class_index
    return _fewest(measured, class_index, ~measured.shown[other], holds)


def _fewest(measured: Measured, class_index: int, known: Shown, holds: Holds) -> Search:
    rank = np.argsort(np.argsort(-measured.cells[class_index], kind="stable"))
    count = len(rank)
    most_valuable = rank < np.arange(count)[:, None]
    found = np.concatenate([known, most_valuable[holds(most_valuable)]])
    found = found[found.sum(axis=1) < count]
    if not len(found):
        return None
    cells = found[found.sum(axis=1).argmin()]
    rounds = 1
    while (fewer := _without_one(cells, rank)).size:
        yield rounds / (rounds + 1)
        if not (still := holds(fewer)).any():
            break
        cells, rounds = fewer[still.argmax()], rounds + 1
    return cells


def _without_one(cells: Cells, rank: np.ndarray) -> Shown:
    """The set without each of its cells in turn, the least valuable first."""
    members = np.flatnonzero(cells)
    leaving = members[np.argsort(-rank[members])]
    return cells & ~np.eye(len(cells), dtype=bool)[leaving]
