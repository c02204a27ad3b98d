"""Erase part of an image and see what becomes of the scores: the test that every explanation invites."""

import re
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from interpret.attribution.evidence import SHARED, evidence
from interpret.attribution.measured.masking import FILLS, cell_names, filling
from interpret.choices import ChoiceError, check_name
from model.images import INPUT_SIZE, to_pixels, to_tensor
from model.network import CifarResNet

GRID = 4
FOUR_STRONGEST, FOUR_RANDOM = "four strongest", "four random"  # cells, as a release's figures name them
CELL = INPUT_SIZE // GRID
CELL_NAMES = cell_names(GRID)
BRUSHED = re.compile(f"[0-9a-fA-F]{{{INPUT_SIZE**2 // 4}}}")


@dataclass(frozen=True)
class Erased:
    """The image without some of its cells, and each logit's change: as the evidence predicts it, and as measured."""

    pixels: UInt8[np.ndarray, "32 32 3"]
    before: Float[Tensor, "classes"]
    after: Float[Tensor, "classes"]
    predicted: Float[Tensor, "classes"]

    @property
    def measured(self) -> Float[Tensor, "classes"]:
        return self.after - self.before


def erase(
    network: CifarResNet,
    pixels: UInt8[np.ndarray, "32 32 3"],
    mask: Bool[np.ndarray, "32 32"],
    fill: str = "mean",
    credit: str = SHARED,
) -> Erased:
    """Fills the masked pixels and runs the network again.

    `mean` is the training set's mean colour, `blur` the image itself, blurred. Predicted is the loss of the evidence
    of the cells under the mask, each by the share of its 8x8 pixels that is masked. The network sees further than a
    cell's own pixels, so measured need not equal predicted.

    Raises ChoiceError for an unknown fill or credit.
    """
    check_name("fill", fill, FILLS)
    device = network.mean.device
    image = to_tensor(pixels[None]).to(device)
    found = evidence(network, image, credit)
    hidden = torch.from_numpy(mask).to(device)
    erased = torch.where(hidden, filling(network, image, fill), image)
    with torch.no_grad():
        after = network(erased)[0]
    covered = torch.from_numpy(mask.reshape(GRID, CELL, GRID, CELL).mean(axis=(1, 3), dtype=np.float32)).to(device)
    return Erased(to_pixels(erased), found.logits, after, -(found.cells * covered).sum(dim=(1, 2)))


def pixel_mask(cells: Bool[np.ndarray, "4 4"]) -> Bool[np.ndarray, "32 32"]:
    """Each cell as the 8x8 pixels that it covers."""
    return np.kron(cells, np.ones((CELL, CELL), bool))


def brushed_mask(brushed: str) -> Bool[np.ndarray, "32 32"]:
    """A mask from its 256 hexadecimal digits: a bit for each pixel, row by row from the top left; no pixel if empty.

    `np.packbits(mask).tobytes().hex()` writes it. Raises ChoiceError if it is anything else.
    """
    if not brushed:
        return np.zeros((INPUT_SIZE, INPUT_SIZE), bool)
    if not isinstance(brushed, str) or not BRUSHED.fullmatch(brushed):
        raise ChoiceError(
            f"brushed must be empty or {INPUT_SIZE**2 // 4} hexadecimal digits, a bit for each of the 32x32 pixels; "
            f"got {len(str(brushed))} characters."
        )
    return np.unpackbits(np.frombuffer(bytes.fromhex(brushed), np.uint8)).astype(bool).reshape(INPUT_SIZE, INPUT_SIZE)


def cell_mask(cells: tuple[str, ...]) -> Bool[np.ndarray, "4 4"]:
    """Which cells are named: A1 to D4, letters across, numbers down. Raises ChoiceError for an unknown one."""
    named = {check_name("cell", cell, CELL_NAMES) for cell in cells}
    return np.array([name in named for name in CELL_NAMES]).reshape(GRID, GRID)
