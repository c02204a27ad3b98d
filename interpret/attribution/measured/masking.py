"""Images of which only some cells are shown; the rest is filled."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image, ImageFilter
from torch import Tensor

from interpret.choices import ChoiceError, check_name, check_whole
from model.images import to_pixels
from model.network import CifarResNet

GRIDS = {"4x4": 4, "8x8": 8}  # cells a side
FILLS = ("mean", "blur")
BLUR_RADIUS = 4  # pixels
FEWEST_ORDERS, MOST_ORDERS = 2, 64
LARGEST_SEED = 9_999

Shown = Bool[np.ndarray, "runs cells"]


@dataclass(frozen=True)
class Sampling:
    """How the methods that erase cells do it: in how many random orders (an even number, since each is also run
    backwards), from which seed, in which grid of cells, and what fills the holes ("mean" is the training
    set's mean colour, "blur" the image itself, blurred).

    Raises ChoiceError for what there is not.
    """

    orders: int | float = 8
    seed: int | float = 0
    grid: str = "4x4"
    fill: str = FILLS[0]

    def __post_init__(self) -> None:
        if self.orders not in range(FEWEST_ORDERS, MOST_ORDERS + 1, 2):
            raise ChoiceError(
                f"orders must be an even number from {FEWEST_ORDERS} to {MOST_ORDERS}, got {self.orders!r}."
            )
        check_name("grid", self.grid, tuple(GRIDS))
        check_name("fill", self.fill, FILLS)
        seed = check_whole("seed", self.seed, 0, LARGEST_SEED)
        for name, value in {"orders": int(self.orders), "seed": seed}.items():
            object.__setattr__(self, name, value)

    @property
    def side(self) -> int:
        """How many cells the image has a side."""
        return GRIDS[self.grid]


USUAL_SAMPLING = Sampling()


def cell_names(grid: int) -> tuple[str, ...]:
    """The cells' names, row by row: letters across, numbers down."""
    letters = [chr(ord("A") + column) for column in range(grid)]
    return tuple(f"{letter}{row + 1}" for row in range(grid) for letter in letters)


def filling(
    network: CifarResNet, image: Float[Tensor, "1 3 height width"], fill: str
) -> Float[Tensor, "1 3 height width"]:
    """What stands where cells are erased, in [0, 1] and in whole steps of 1/255, as pixels are."""
    if fill == "blur":
        blurred = np.array(Image.fromarray(to_pixels(image)).filter(ImageFilter.GaussianBlur(BLUR_RADIUS)))
        return (torch.from_numpy(blurred).permute(2, 0, 1)[None].float() / 255).to(image.device)
    return ((network.mean * 255).round() / 255).expand_as(image)


def showing(
    image: Float[Tensor, "1 3 height width"], hidden: Float[Tensor, "1 3 height width"], shown: Shown
) -> Float[Tensor, "runs 3 height width"]:
    """The image with only these cells of a square grid shown, row by row, and `hidden` in the others."""
    grid = math.isqrt(shown.shape[1])
    height, width = image.shape[-2:]
    cells = torch.from_numpy(shown).to(image.device).view(-1, 1, grid, grid)
    mask = cells.repeat_interleave(height // grid, dim=2).repeat_interleave(width // grid, dim=3)
    return torch.where(mask, image, hidden)
