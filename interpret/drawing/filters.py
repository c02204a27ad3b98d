"""Sentences on kernels: what a picture of them shows, which are alike or dead, and what one of them is like."""

import numpy as np

from interpret.drawing.text import two_decimals
from interpret.drawing.words import in_a_row
from interpret.layers.filters import NEAR_DUPLICATE, NORM, Figures, Pair
from interpret.layers.kernels import Convolution

LISTED = 5
SIGNS = "Red adds, blue subtracts."


def describe_findings(convolution: Convolution, figures: Figures, *, folded: bool, sort: str) -> str:
    """The order of a layer's kernels and what batch norm multiplies them by, if asked for; which kernels are alike, and
    which are dead."""
    parts = []
    if sort == NORM:
        norms = figures.norms_of(folded)
        parts.append(f"The strongest come first: by norm, from {_number(norms.max())} down to {_number(norms.min())}.")
    if folded:
        parts.append(describe_folding(convolution, figures))
    return " ".join([*parts, describe_duplicates(figures), describe_dead(figures)])


def describe_folding(convolution: Convolution, figures: Figures) -> str:
    """By what batch norm multiplies; after a max-pool, for how many kernels folding it in is not the whole truth."""
    scales, count = figures.scales, convolution.kernels
    ends = f"{_number(scales.min())} to {_number(scales.max())}"
    words = f"Each kernel is multiplied by its batch norm's scale, {ends}."
    if not convolution.pooled:
        return words
    negative = len(figures.negative)
    if not negative:
        return f"{words} A max-pool stands between the two; no scale is negative, so folding is exact all the same."
    return (
        f"{words} A max-pool stands between the two, so folding is exact only where the scale is positive: for "
        f"{negative:,} of {count:,} kernels it is negative, and the network takes what is here the smallest of four."
    )


def describe_duplicates(figures: Figures) -> str:
    """How many pairs of kernels are near-duplicates, and how alike the closest two are."""
    pairs, closest = figures.duplicates, figures.closest
    beyond, most = f"cosine similarity of ±{NEAR_DUPLICATE} or beyond", two_decimals(closest.cosine, plus=True)
    if not pairs:
        return f"No two are near-duplicates ({beyond}): the closest, {_named(closest)}, have {most}."
    if len(pairs) == 1:
        return f"One pair is a near-duplicate ({beyond}): {_named(closest)} have {most}."
    return f"{len(pairs):,} pairs are near-duplicates ({beyond}): the closest, {_named(closest)}, have {most}."


def _named(pair: Pair) -> str:
    return f"{pair.one} and {pair.other}"


def describe_dead(figures: Figures) -> str:
    """How many kernels are dead, and which."""
    if not (dead := figures.dead):
        return "None is dead."
    names = in_a_row([str(kernel) for kernel in dead[:LISTED]])
    which = f": {names}" if len(dead) <= LISTED else f", among them {names}"
    return f"{len(dead):,} {'is' if len(dead) == 1 else 'are'} dead{which}."


def describe_kernel(convolution: Convolution, figures: Figures, kernel: int, *, folded: bool = False) -> str:
    """One kernel: its norm and rank, as it is or `folded`; what batch norm makes of its output; its nearest sibling."""
    cosine, norms = float(figures.cosines[kernel]), figures.norms_of(folded)
    rank = int((norms > norms[kernel]).sum()) + 1
    bias = float(figures.biases[kernel])
    words = (
        f"Kernel {kernel} of {convolution.name}: {'folded ' if folded else ''}norm {_number(norms[kernel])}, number "
        f"{rank} of {len(norms)} by norm. Batch norm multiplies its output by {_number(figures.scales[kernel])} and "
        f"{'subtracts' if bias < 0 else 'adds'} {_number(abs(bias))}. Its nearest sibling is kernel "
        f"{figures.nearest[kernel]}, cosine similarity {two_decimals(cosine, plus=True)}"
    )
    alike = ", a near-duplicate" if abs(cosine) >= NEAR_DUPLICATE else ""
    dead = " It is dead." if kernel in figures.dead else ""
    return f"{words}{alike}.{dead}"


def _number(value: float | np.floating) -> str:
    """Three significant digits, and a true minus sign."""
    return f"{value:.3g}".replace("-", "\u2212")
