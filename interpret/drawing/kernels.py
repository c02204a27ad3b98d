"""Kernels as pictures: weights on one signed scale, or as colours."""

import dataclasses

import numpy as np
from jaxtyping import Float, UInt8

from interpret.drawing.render import Panel, draw_panels, tile_to_width
from interpret.drawing.scales import CHANNEL_PALETTE, signed_scale

GRID_WIDTH = 640
GRID_GAP = 4
UNIT = "weight"


def draw_kernels(kernels: Float[np.ndarray, "count 3 3"], title: str) -> UInt8[np.ndarray, "tall wide 3"]:
    """Kernels on one signed scale, kernel 0 at the upper left."""
    scale = signed_scale(kernels, UNIT)
    return draw_panels([Panel(_grid(scale.paint(kernels)), title, scale)])


def draw_colour_kernels(kernels: Float[np.ndarray, "count 3 3 3"], title: str) -> UInt8[np.ndarray, "tall wide 3"]:
    """Kernels, RGB last, as colours: zero weights are mid-grey, the largest magnitude 0 or 255."""
    signed = signed_scale(kernels, f"{UNIT}, of each colour")
    scale = dataclasses.replace(signed, palette=CHANNEL_PALETTE)
    limit = scale.high or 1.0
    pixels = np.rint((kernels / limit + 1) * 127.5).astype(np.uint8)
    return draw_panels([Panel(_grid(pixels), title, scale)])


def _grid(pixels: UInt8[np.ndarray, "count 3 3 3"]) -> UInt8[np.ndarray, "tall wide 3"]:
    return tile_to_width(pixels, GRID_WIDTH, GRID_GAP)
