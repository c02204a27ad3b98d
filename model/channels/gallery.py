"""The gallery, an optional table of a release: training images of all classes, to show what channels respond to and
what a picture is like. `gallery.parquet` has a row for each.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from model.files.tables import Table, TableError, binary_rows, class_labels, numbers, pictures, write_table

GALLERY = "gallery.parquet"
HALF = np.dtype("<f2")


@dataclass(frozen=True)
class Gallery:
    """Training images with their places in the training set, and their last features: the maxima of the last stage's
    channels, which `fc` weights, to float16's precision (2**-11 of each)."""

    images: UInt8[np.ndarray, "gallery 32 32 3"]
    train_indices: Int[np.ndarray, "gallery"]
    labels: Int[np.ndarray, "gallery"]
    features: Float[np.ndarray, "gallery channels"]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the pictures: tables that speak of rows of the gallery say of which one."""
        return hashlib.sha256(self.images.tobytes()).hexdigest()

    def nearest(self, features: Float[np.ndarray, "channels"], count: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the `count` images with the nearest last features, nearest first, and their Euclidean
        distances."""
        distances = np.linalg.norm(self.features - features.astype(np.float32), axis=1)
        rows = np.argsort(distances, kind="stable")[:count]
        return rows, distances[rows]


def save_gallery(gallery: Gallery, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `gallery.parquet`."""
    columns = {
        "image": pictures(gallery.images, gallery.train_indices.tolist()),
        "train_index": numbers(gallery.train_indices, "int32"),
        "label": class_labels(gallery.labels, class_names),
        "features": binary_rows(gallery.features.astype(HALF)),
    }
    write_table(columns, folder / GALLERY)


def load_gallery(folder: Path, class_count: int, channels: int) -> Gallery:
    """Reads `gallery.parquet`. Raises TableError."""
    table = Table(folder / GALLERY)
    if not len(table):
        raise TableError("it holds no pictures")
    halves = np.frombuffer(table.binary("features", HALF.itemsize * channels), HALF)
    if not np.isfinite(halves).all():
        raise TableError("features must hold finite numbers")
    return Gallery(
        images=table.pictures("image"),
        train_indices=table.whole_numbers("train_index"),
        labels=table.whole_numbers("label", high=class_count),
        features=halves.reshape(-1, channels).astype(np.float32),
    )
