"""Kernels compared with one another: how strong each is, which are near-duplicates, which are dead, and to which
spatial frequencies the first layer's respond."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from interpret.choices import check_name
from interpret.layers.kernels import Convolution

NUMBER, NORM = SORTS = ("number", "norm")
# At 0.95 one kernel, scaled, stands for the other but for 1 - 0.95^2 = 10% of its squared norm.
NEAR_DUPLICATE = 0.95
DEAD_SHARE = 1e-3  # of the layer's median
FREQUENCIES = 16  # of the discrete Fourier transform, along each side
DIGITS = 6


@dataclass(frozen=True)
class Pair:
    """Two kernels of a layer, the lower number first, and their cosine similarity, from -1 to 1."""

    one: int
    other: int
    cosine: float


@dataclass(frozen=True)
class Figures:
    """What one convolution's kernels amount to, kernel by kernel.

    `norms` are of the raw weights (L2, over all inputs); `scales` and `biases` are what batch norm multiplies by and
    adds; `nearest` is the kernel that is most alike, sign ignored, and `cosines` the signed similarity to it. Folding
    batch norm in multiplies a norm by the magnitude of its scale, and changes no magnitude of a cosine.
    """

    norms: Float[np.ndarray, "kernels"]
    scales: Float[np.ndarray, "kernels"]
    biases: Float[np.ndarray, "kernels"]
    nearest: Int[np.ndarray, "kernels"]
    cosines: Float[np.ndarray, "kernels"]
    duplicates: tuple[Pair, ...]  # the most alike first

    @property
    def closest(self) -> Pair:
        """The two kernels that are most alike."""
        kernel = int(np.argmax(np.abs(self.cosines)))
        one, other = sorted((kernel, int(self.nearest[kernel])))
        return Pair(one, other, float(self.cosines[kernel]))

    @property
    def dead(self) -> list[int]:
        """Kernels that hand on next to nothing of their input: those whose norm, or whose scale, is below a thousandth
        of the layer's median."""
        faint = [values < DEAD_SHARE * np.median(values) for values in (self.norms, np.abs(self.scales))]
        nothing = (self.norms == 0) | (self.scales == 0)
        return np.flatnonzero(faint[0] | faint[1] | nothing).tolist()

    @property
    def negative(self) -> list[int]:
        """Kernels whose output batch norm turns over."""
        return np.flatnonzero(self.scales < 0).tolist()

    def norms_of(self, folded: bool) -> Float[np.ndarray, "kernels"]:
        """The norms of the raw or of the folded weights."""
        return self.norms * np.abs(self.scales) if folded else self.norms

    def order(self, sort: str, folded: bool) -> Int[np.ndarray, "kernels"]:
        """The kernels' numbers in order: by "number", or by "norm", the largest first. Raises ChoiceError."""
        if check_name("sort", sort, SORTS) == NUMBER:
            return np.arange(len(self.norms))
        return np.argsort(-self.norms_of(folded), kind="stable")

    def numbers(self, order: Int[np.ndarray, "kernels"]) -> dict[str, Any]:
        """All of it as JSON, with the `order` that was asked for; lists are in the order of the kernels' numbers."""
        return {
            "order": order.tolist(),
            "norms": _rounded(self.norms),
            "folded_norms": _rounded(self.norms_of(True)),
            "scales": _rounded(self.scales),
            "biases": _rounded(self.biases),
            "nearest": self.nearest.tolist(),
            "nearest_cosines": _rounded(self.cosines),
            "near_duplicate_from": NEAR_DUPLICATE,
            "near_duplicates": [_pair_numbers(pair) for pair in self.duplicates],
            "closest": _pair_numbers(self.closest),
            "dead": self.dead,
            "negative_scales": self.negative,
        }


def _rounded(values: Float[np.ndarray, "kernels"]) -> list[float]:
    return [round(value, DIGITS) for value in values.tolist()]


def _pair_numbers(pair: Pair) -> dict[str, Any]:
    return {"kernels": [pair.one, pair.other], "cosine": round(pair.cosine, DIGITS)}


def figures_of(convolution: Convolution) -> Figures:
    """Compares a convolution's kernels, each over all of its inputs, with one another."""
    vectors = convolution.weights().flatten(1)
    cosines = cosine_similarities(vectors)
    magnitudes = cosines.abs()
    nearest = magnitudes.argmax(dim=1)
    pairs = [
        Pair(one, other, float(cosines[one, other]))
        for one, other in (magnitudes.triu() >= NEAR_DUPLICATE).nonzero().tolist()
    ]
    return Figures(
        vectors.norm(dim=1).numpy(),
        convolution.scales.numpy(),
        convolution.biases.numpy(),
        nearest.numpy(),
        cosines.gather(1, nearest[:, None])[:, 0].numpy(),
        tuple(sorted(pairs, key=lambda pair: -abs(pair.cosine))),
    )


def cosine_similarities(vectors: Float[Tensor, "kernels weights"]) -> Float[Tensor, "kernels kernels"]:
    """How alike each two are, from -1 (opposite) to 1 (the same but for a factor); 0 for one with itself, and for one
    that is zero."""
    directions = F.normalize(vectors, dim=1, eps=torch.finfo(vectors.dtype).tiny)
    return (directions @ directions.T).clamp(-1, 1).fill_diagonal_(0)


def frequency_responses(
    kernels: Float[np.ndarray, "kernels inputs 3 3"],
) -> Float[np.ndarray, "kernels frequencies frequencies"]:
    """How strongly each kernel responds to waves that are the same in all of its inputs (grey ones, in the first
    layer): the magnitude of the discrete Fourier transform of its mean over the inputs, padded with zeros to 16x16.

    From -0.5 to 0.5 cycles per pixel, both included, down and across, frequency 0 in the middle.
    """
    spectrum = np.abs(np.fft.fft2(kernels.mean(axis=1), s=(FREQUENCIES, FREQUENCIES)))
    centred = np.fft.fftshift(spectrum, axes=(1, 2))
    # -0.5 and 0.5 cycles per pixel are the same wave.
    return np.pad(centred, ((0, 0), (0, 1), (0, 1)), mode="wrap").astype(np.float32)
