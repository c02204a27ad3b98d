"""Augmentation: declared with albumentations, applied to whole batches on the device that trains."""

import os
from collections.abc import Mapping
from typing import NamedTuple

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network for a newer version of itself

import albumentations as A
import cv2
import numpy as np
import torch
from jaxtyping import Bool, Integer, UInt8
from torch import Tensor

from training.errors import TrainingError
from training.recipe import Recipe

SIDE = 32


class AugmentationError(TrainingError):
    """An augmentation was declared that cannot be applied to whole batches."""


def augmentation(recipe: Recipe, mean: tuple[float, float, float]) -> A.Compose:
    """Reflect-pad and random crop, horizontal flip, one square cutout filled with the mean colour, for uint8 images.

    `mean` is per RGB channel in [0, 1]. A size of 0 in the recipe leaves that transform out.
    """
    transforms: list[A.BasicTransform] = []
    if recipe.crop_padding:
        padded = SIDE + 2 * recipe.crop_padding
        transforms += [
            A.PadIfNeeded(padded, padded, border_mode=cv2.BORDER_REFLECT_101),
            A.RandomCrop(SIDE, SIDE),
        ]
    transforms.append(A.HorizontalFlip(p=0.5))
    if recipe.cutout_size:
        side = (recipe.cutout_size, recipe.cutout_size)
        fill = tuple(round(255 * value) for value in mean)
        transforms.append(
            A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=side, hole_width_range=side, fill=fill, p=1)
        )
    return A.Compose(transforms)


class Parameters(NamedTuple):
    """What happens to each image of a batch: corners of the crop in the padded image, flip, corner of the hole."""

    crop_tops: Integer[np.ndarray, "batch"]
    crop_lefts: Integer[np.ndarray, "batch"]
    mirrored: Bool[np.ndarray, "batch"]
    hole_tops: Integer[np.ndarray, "batch"]
    hole_lefts: Integer[np.ndarray, "batch"]


class BatchAugmentation:
    """The same pixels as an albumentations pipeline makes with the same parameters, for a whole batch at once.

    Raises AugmentationError if the pipeline holds anything but what `augmentation` declares, in its order, or declares
    one of these otherwise than can be applied here.
    """

    def __init__(self, compose: A.Compose) -> None:
        order = (A.PadIfNeeded, A.RandomCrop, A.HorizontalFlip, A.CoarseDropout)
        by_kind = {type(each): each for each in compose.transforms}
        kinds = [type(each) for each in compose.transforms]
        if kinds != [kind for kind in order if kind in by_kind]:
            names = ", ".join(kind.__name__ for kind in kinds)
            raise AugmentationError(f"Whole batches cannot be augmented with {names}: teach BatchAugmentation first.")
        pad, crop, flip, hole = (by_kind.get(kind) for kind in order)
        padded, self.hole = pad.min_height if pad else SIDE, hole.hole_height_range[0] if hole else 0
        square = (self.hole, self.hole)
        for transform, wanted in (
            (pad, {"min_width": padded, "border_mode": cv2.BORDER_REFLECT_101, "p": 1}),
            (crop, {"height": SIDE, "width": SIDE, "p": 1}),
            (flip, {"p": 0.5}),
            (hole, {"num_holes_range": (1, 1), "hole_height_range": square, "hole_width_range": square, "p": 1}),
        ):
            _check_parameters(transform, wanted)
        self.padding = (padded - SIDE) // 2
        self.fill = torch.tensor(hole.fill if hole else (0, 0, 0), dtype=torch.uint8)

    def draw(self, generator: np.random.Generator, mirrored: Bool[np.ndarray, "batch"]) -> Parameters:
        """Crops and holes anywhere, each place equally likely; which images to mirror is for the caller to say."""
        count = len(mirrored)
        crops = generator.integers(0, 2 * self.padding, size=(2, count), endpoint=True)
        holes = generator.integers(0, SIDE - self.hole, size=(2, count), endpoint=True)
        return Parameters(crops[0], crops[1], mirrored, holes[0], holes[1])

    def __call__(
        self, images: UInt8[Tensor, "batch 32 32 3"], parameters: Parameters
    ) -> UInt8[Tensor, "batch 32 32 3"]:
        """The augmented images, on the device of `images`."""
        device, line = images.device, torch.arange(SIDE, device=images.device)
        numbers = torch.from_numpy(np.stack([each.astype(np.int64) for each in parameters])).to(device)
        crop_tops, crop_lefts, mirrored, hole_tops, hole_lefts = numbers[:, :, None]
        columns = torch.where(mirrored == 1, SIDE - 1 - line, line)
        sources = [_reflected(start - self.padding + at) for start, at in ((crop_tops, line), (crop_lefts, columns))]
        row = torch.arange(len(images), device=device)[:, None, None]
        result = images[row, sources[0][:, :, None], sources[1][:, None, :]]
        if not self.hole:
            return result
        inside = [(line >= start) & (line < start + self.hole) for start in (hole_tops, hole_lefts)]
        hole = inside[0][:, :, None] & inside[1][:, None, :]
        return torch.where(hole[..., None], self.fill.to(device), result)


def _check_parameters(transform: A.BasicTransform | None, wanted: Mapping[str, object]) -> None:
    for name, value in wanted.items():
        if transform is not None and (found := getattr(transform, name)) != value:
            raise AugmentationError(
                f"Whole batches cannot be augmented with {type(transform).__name__}({name}={found}), only with {value}."
            )


def _reflected(index: Integer[Tensor, "..."]) -> Integer[Tensor, "..."]:
    """Indices beyond a border, mirrored at the outermost pixel, which is not repeated."""
    return SIDE - 1 - (SIDE - 1 - index.abs()).abs()
