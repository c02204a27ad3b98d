"""Labelled images, and holding some of them out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from training.errors import TrainingError

MOST_CLASSES = 256  # labels are bytes


class DataError(TrainingError):
    """The data is not where it was said to be, or is not what it was said to be."""


@dataclass(frozen=True)
class Split:
    """Images and their class indices, in the order of the data set."""

    images: UInt8[np.ndarray, "count 32 32 3"]
    labels: UInt8[np.ndarray, "count"]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: np.ndarray) -> "Split":
        return Split(self.images[indices], self.labels[indices])


def split_validation(train: Split, validation_images: int, seed: int) -> tuple[Split, Split]:
    """Training and validation images, drawn from `train` by a seeded permutation.

    Raises DataError if nothing would be left to train on.
    """
    if validation_images >= len(train):
        raise DataError(
            f"Cannot hold out {validation_images} of {len(train)} training pictures for validation; "
            "choose fewer with --validation-images."
        )
    order = np.random.default_rng(seed).permutation(len(train))
    held_out, kept = order[:validation_images], order[validation_images:]
    return train.take(np.sort(kept)), train.take(np.sort(held_out))


def checked_labels(labels: np.ndarray, class_count: int, where: object) -> UInt8[np.ndarray, "count"]:
    """Class indices as bytes. Raises DataError, naming the first that is no whole number below `class_count`."""
    allowed = f"from 0 to {class_count - 1}"
    if labels.dtype.kind not in "iuf":
        raise DataError(f"The labels in {where} are {labels.dtype}, not whole numbers {allowed}.")
    wrong = np.flatnonzero(~((labels >= 0) & (labels < class_count) & (np.floor(labels) == labels)))
    if len(wrong):
        raise DataError(
            f"Picture {wrong[0]} in {where} has the label {labels[wrong[0]]}; allowed are whole numbers {allowed}."
        )
    return labels.astype(np.uint8)
