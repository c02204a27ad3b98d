"""Maps that cannot know what the network learnt, to hold an explanation against.

After Adebayo et al. 2018, https://arxiv.org/abs/1810.03292: a map that looks the same on a network of random weights
shows the image, not the decision.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, UInt8
from torch import nn

from model.images import INPUT_SIZE, LUMINANCE
from model.network import CifarResNet, NetworkConfig

RANDOM_SEED = 0


@lru_cache(maxsize=2)
def random_network(config: NetworkConfig, device: torch.device) -> CifarResNet:
    """The same architecture with fresh random weights, always the same ones: nothing it does was learnt."""
    network = CifarResNet(config).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(RANDOM_SEED)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter, generator=generator)
    return network.to(device)


def edge_map(pixels: UInt8[np.ndarray, "32 32 3"], side: int) -> Float[np.ndarray, "{side} {side}"]:
    """How strong the image's edges are in each of `side` x `side` cells: the mean length of Sobel's gradient.

    In units of brightness (0 to 255) per pixel. `side` divides 32.
    """
    grey = np.pad(pixels @ LUMINANCE, 1, mode="edge")
    smooth = np.array([1, 2, 1]) / 4
    across = _along(grey[:, 2:] - grey[:, :-2], smooth, axis=0) / 2
    down = _along(grey[2:] - grey[:-2], smooth, axis=1) / 2
    length = np.hypot(across, down)
    cell = INPUT_SIZE // side
    return length.reshape(side, cell, side, cell).mean(axis=(1, 3))


def _along(
    values: Float[np.ndarray, "height width"], kernel: Float[np.ndarray, "taps"], axis: int
) -> Float[np.ndarray, "_ _"]:
    return np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="valid"), axis, values)


def rank_correlation(one: Float[np.ndarray, "*shape"], other: Float[np.ndarray, "*shape"]) -> float | None:
    """Spearman's, in [-1, 1]: how far two maps agree on which cells matter more. None if a map is constant."""
    ranks = [pd.Series(values.ravel()).rank().to_numpy() for values in (one, other)]
    if any(rank.std() == 0 for rank in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
