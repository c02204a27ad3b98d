"""What each cell of an image is worth to each logit, measured by erasing cells: Shapley values, and plain occlusion."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from interpret.attribution.measured.masking import Shown

BATCH = 64
# Student's t: the half-width of a 95% confidence interval in standard errors, for 1, 2, 3, ... degrees of freedom.
STUDENT_T = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
    2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
    2.0452, 2.0423, 2.0395,
)  # fmt: skip

Worth = Callable[[Shown], Float[Tensor, "runs classes"]]
"""The logits of an image of which only some cells are shown."""


@dataclass(frozen=True)
class Measured:
    """Each cell's worth, signed and in logits, and the runs of the network that it was found by.

    `standard_errors` are those of the means over the pairs of orders; NaN for a single pair, 0 if nothing was sampled.
    `shown` are the sets of cells that were run, the empty and the whole one among them, and `logits` what was said.
    """

    cells: Float[np.ndarray, "classes cells"]
    standard_errors: Float[np.ndarray, "classes cells"]
    pairs: int
    shown: Shown
    logits: Float[np.ndarray, "runs classes"]

    @property
    def blank(self) -> Float[np.ndarray, "classes"]:
        """The logits of the image with every cell erased."""
        return self.logits[~self.shown.any(axis=1)][0]

    @property
    def half_widths(self) -> Float[np.ndarray, "classes cells"]:
        """Of the 95% confidence intervals around `cells`, by Student's t."""
        return self.standard_errors * (STUDENT_T[self.pairs - 2] if self.pairs > 1 else 1.0)


Steps = Generator[float, None, Measured]


def shapley_steps(worth: Worth, cells: int, orders: int, seed: int) -> Steps:
    """Sampled Shapley values: how much each cell's coming raises a logit, on average over random orders of coming.

    Castro et al. 2009, https://doi.org/10.1016/j.cor.2008.04.004, section 3; antithetic, each order is also run
    backwards, after Mitchell et al. 2022, https://arxiv.org/abs/2104.12199, section 2.3. For each order the values add
    up to the whole image's logit minus the blank one's, so their means do. `orders` is even. Yields the share of the
    work that is done, in [0, 1].
    """
    generator = np.random.default_rng(seed)
    forwards = [generator.permutation(cells) for _ in range(orders // 2)]
    both = np.array([order for each in forwards for order in (each, each[::-1])])
    coming = np.stack([_as_they_come(order) for order in both])
    shown, logits, which = yield from _run_all(worth, coming.reshape(-1, cells))
    gains = np.diff(logits[which].reshape(orders, cells + 1, -1).astype(np.float64), axis=1)
    values = np.empty((orders, cells, gains.shape[2]))
    np.put_along_axis(values, both[..., None], gains, axis=1)
    pairs = values.reshape(orders // 2, 2, cells, -1).mean(axis=1)
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.full(pairs[0].shape, np.nan)
    return Measured(pairs.mean(axis=0).T, errors.T, len(pairs), shown, logits)


def occlusion_steps(worth: Worth, cells: int) -> Steps:
    """What each logit loses when a single cell is erased: Zeiler and Fergus 2013, section 4.2.

    The network runs once for each cell, on the whole image and on the blank one. Yields as `shapley_steps` does.
    """
    every = np.ones((1, cells), bool)
    asked = np.concatenate([every, ~np.eye(cells, dtype=bool), ~every])
    shown, logits, which = yield from _run_all(worth, asked)
    whole, without = logits[which[0]], logits[which[1:-1]]
    lost = (whole - without).T.astype(np.float64)
    return Measured(lost, np.zeros_like(lost), 0, shown, logits)


def _as_they_come(order: Integer[np.ndarray, "cells"]) -> Bool[np.ndarray, "steps cells"]:
    """Which cells are there after 0, 1, 2, ... of them have come."""
    place = np.argsort(order)
    return place < np.arange(len(order) + 1)[:, None]


def _run_all(
    worth: Worth, asked: Shown
) -> Generator[float, None, tuple[Shown, Float[np.ndarray, "runs classes"], Integer[np.ndarray, "asked"]]]:
    """Each different set of cells once: the sets, their logits, and which of them each of `asked` is."""
    packed, which = np.unique(np.packbits(asked, axis=1), axis=0, return_inverse=True)
    shown = np.unpackbits(packed, axis=1, count=asked.shape[1]).astype(bool)
    logits = []
    for start in range(0, len(shown), BATCH):
        logits.append(worth(shown[start : start + BATCH]))
        yield min(1.0, (start + BATCH) / len(shown))
    return shown, torch.cat(logits).numpy(force=True), which.reshape(-1)
