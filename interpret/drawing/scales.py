"""Colour scales: numbers to colours, with a range and a unit that a legend can state.

Palettes mean the same everywhere: magma from zero for values that cannot be negative, unless the visitor chooses
another, RdBu (reversed, zero in the middle, safe for colour-blind eyes) for signed ones. All are matplotlib's.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps

from interpret.choices import check_name

UNSIGNED_PALETTE = "magma"
# All but jet are perceptually uniform; jet is what class activation maps used to be shown in.
UNSIGNED_PALETTES = (UNSIGNED_PALETTE, "viridis", "cividis", "jet")
SIGNED_PALETTE = "RdBu_r"
CHANNEL_PALETTE = "gray"  # one colour channel of a picture whose three channels are signed values


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, in `unit`, painted with a palette. Made by `unsigned_scale` and `signed_scale`."""

    low: float
    high: float
    unit: str
    palette: str

    def paint(self, values: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
        """The values' colours; a scale of no width paints its lowest (unsigned) or middle (signed) colour."""
        table = palette_table(self.palette)
        if self.high == self.low:
            position = np.full(np.shape(values), 0.0 if self.palette in UNSIGNED_PALETTES else 0.5)
        else:
            position = (values - self.low) / (self.high - self.low)
        return table[np.clip(np.rint(position * 255), 0, 255).astype(np.uint8)]


def unsigned_scale(values: Float[np.ndarray, "..."], unit: str, palette: str = UNSIGNED_PALETTE) -> Scale:
    """From 0 to the largest of `values`. Raises ChoiceError for a palette that is not for unsigned values."""
    return Scale(0.0, max(0.0, float(np.max(values))), unit, check_name("palette", palette, UNSIGNED_PALETTES))


def signed_scale(values: Float[np.ndarray, "..."], unit: str) -> Scale:
    """Symmetric about 0, to the largest magnitude of `values`."""
    limit = float(np.max(np.abs(values)))
    return Scale(-limit, limit, unit, SIGNED_PALETTE)


@lru_cache(maxsize=8)
def palette_table(name: str) -> UInt8[np.ndarray, "256 3"]:
    """matplotlib's palette of that name as 256 RGB colours."""
    table = np.rint(colormaps[name](np.arange(256))[:, :3] * 255).astype(np.uint8)
    table.setflags(write=False)
    return table
