"""The last stage's maxima of all test images, an optional table of a release: what the head of the network was given.

`pooled_maxima.parquet` holds each channel's maximum over the last stage's cells as whole numbers from 0 to 65,535, in
units of that channel's own step: its largest value over all images divided by 65,535. Of the bundled release's maxima
that was fine enough for the same predictions without each of 150 random sets of channels; 14 bits were not.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from model.files.tables import Table, TableError, binary_rows, class_labels, write_table

POOLED = "pooled_maxima.parquet"
STEPS = 65_535
STEP = "step"


@dataclass(frozen=True)
class PooledMaxima:
    """For each test image, in the test set's order, its label and each channel's maximum, at least 0."""

    labels: Int[np.ndarray, "images"]
    values: Float[np.ndarray, "images channels"]

    def __len__(self) -> int:
        return len(self.labels)


def save_pooled(maxima: PooledMaxima, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `pooled_maxima.parquet`: a row for each test image, its maxima as 512 unsigned 16-bit numbers."""
    steps = _steps_of(maxima.values)
    whole = np.rint(maxima.values / steps).astype("<u2")
    columns = {
        "label": class_labels(maxima.labels, class_names),
        "maxima": binary_rows(whole),
    }
    write_table(columns, folder / POOLED, notes={STEP: steps.tolist()})


def load_pooled(folder: Path, class_count: int, channels: int) -> PooledMaxima:
    """Reads `pooled_maxima.parquet`. Raises TableError."""
    table = Table(folder / POOLED)
    cells = table.binary("maxima", 2 * channels)
    try:
        steps = np.array(table.note(STEP), np.float64)
    except (ValueError, TypeError) as error:
        raise TableError(f"{STEP} must hold numbers") from error
    if steps.shape != (channels,) or not np.isfinite(steps).all() or (steps < 0).any():
        raise TableError(f"{STEP} must hold {channels} numbers, at least 0")
    whole = np.frombuffer(cells, "<u2").reshape(-1, channels)
    return PooledMaxima(table.whole_numbers("label", high=class_count), (whole * steps).astype(np.float32))


def _steps_of(values: Float[np.ndarray, "images channels"]) -> Float[np.ndarray, "channels"]:
    """Each channel's step; 1 for one that is zero in all images."""
    largest = values.astype(np.float64).max(axis=0, initial=0)
    return np.where(largest > 0, largest / STEPS, 1.0)
