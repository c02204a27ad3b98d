"""Erase part of a picture and see what becomes of the scores: the test that every explanation invites."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageFilter
from torch import Tensor

from interpret.choices import check_name
from interpret.evidence import evidence
from model.images import INPUT_SIZE, to_tensor
from model.network import CifarResNet

GRID = 4
CELL = INPUT_SIZE // GRID
CELL_NAMES = tuple(f"{column}{row + 1}" for row in range(GRID) for column in "ABCD")
FILLS = ("mean", "blur")
BLUR_RADIUS = 4


@dataclass(frozen=True)
class Erased:
    """The picture without some of its cells, and each logit's change: as the evidence predicts it, and as measured."""

    pixels: UInt8[np.ndarray, "32 32 3"]
    before: Float[Tensor, "classes"]
    after: Float[Tensor, "classes"]
    predicted: Float[Tensor, "classes"]

    @property
    def measured(self) -> Float[Tensor, "classes"]:
        return self.after - self.before


def erase(
    network: CifarResNet, pixels: UInt8[np.ndarray, "32 32 3"], cells: tuple[str, ...], fill: str = "mean"
) -> Erased:
    """Fills the squares of 8x8 pixels under these cells (A1 to D4, letters across, numbers down) and looks again.

    `mean` is the training set's mean colour, `blur` the picture itself, blurred. Predicted is the loss of the cells'
    evidence. The network sees further than a cell's own pixels, so measured need not equal predicted.

    Raises ChoiceError for an unknown cell or fill.
    """
    check_name("fill", fill, FILLS)
    chosen = cell_mask(cells)
    filling = _filling(network, pixels, fill)
    mask = np.kron(chosen, np.ones((CELL, CELL), bool))
    erased = np.where(mask[..., None], filling, pixels)
    device = network.mean.device
    found = evidence(network, to_tensor(pixels[None]).to(device))
    with torch.no_grad():
        after = network(to_tensor(erased[None]).to(device))[0]
    lost = found.cells[:, torch.from_numpy(chosen).to(device)].sum(dim=1)
    return Erased(erased, found.logits, after, -lost)


def cell_mask(cells: tuple[str, ...]) -> Bool[np.ndarray, "4 4"]:
    """Which cells of the grid are named."""
    named = {check_name("cell", cell, CELL_NAMES) for cell in cells}
    return np.array([name in named for name in CELL_NAMES]).reshape(GRID, GRID)


def _filling(network: CifarResNet, pixels: UInt8[np.ndarray, "32 32 3"], fill: str) -> UInt8[np.ndarray, "32 32 3"]:
    if fill == "blur":
        return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(BLUR_RADIUS)))
    colour = np.rint(255 * np.array(network.config.mean)).astype(np.uint8)
    return np.broadcast_to(colour, pixels.shape)
