"""What augmentation is: one albumentations declaration."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A
import cv2
import numpy as np
from jaxtyping import UInt8

from training.recipe import Recipe


def augmentation(recipe: Recipe, mean: tuple[float, float, float]) -> A.Compose:
    """Reflect-pad and random crop, horizontal flip, one square cutout filled with the mean colour, for uint8 pictures.

    `mean` is per RGB channel in [0, 1]. A size of 0 in the recipe leaves that transform out.
    """
    transforms: list[A.BasicTransform] = []
    if recipe.crop_padding:
        padded = 32 + 2 * recipe.crop_padding
        transforms += [
            A.PadIfNeeded(padded, padded, border_mode=cv2.BORDER_REFLECT_101),
            A.RandomCrop(32, 32),
        ]
    transforms.append(A.HorizontalFlip(p=0.5))
    if recipe.cutout_size:
        side = (recipe.cutout_size, recipe.cutout_size)
        fill = tuple(round(255 * value) for value in mean)
        transforms.append(
            A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=side, hole_width_range=side, fill=fill, p=1)
        )
    return A.Compose(transforms)


def augment_batch(
    compose: A.Compose, images: UInt8[np.ndarray, "batch 32 32 3"], seed: int
) -> UInt8[np.ndarray, "batch 32 32 3"]:
    """Each picture augmented with its own random parameters, all of them a function of `seed`."""
    compose.set_random_seed(seed)
    return np.stack([compose(image=image)["image"] for image in images])
