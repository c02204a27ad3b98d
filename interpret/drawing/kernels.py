"""Kernels as pictures: weights on one signed scale, or as colours; how their weights are spread; and to which
frequencies they respond."""

import dataclasses

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from interpret.drawing.render import (
    FAINT_INK,
    FILM,
    INK,
    MARGIN,
    Panel,
    draw_panels,
    panel_origin,
    tile,
    tile_to_width,
    tile_under,
    tiling,
)
from interpret.drawing.scales import CHANNEL_PALETTE, signed_scale, unsigned_scale
from interpret.drawing.text import TEXT_SIZES, format_number, write

GRID_WIDTH, GRID_GAP, SIDE = 640, 4, 3
UNIT, FOLDED_UNIT = "weight", "weight × batch norm's scale"
IN_ALL = {UNIT: "weights", FOLDED_UNIT: "folded weights"}
FRAME_COLOUR, BAR_COLOUR = (234, 88, 12), (253, 154, 106)
BINS, BIN_WIDTH, HISTOGRAM_HEIGHT = 61, 10, 200  # an odd number: one bin is around zero
FREQUENCIES_TITLE = "\u22120.5 to 0.5 cycles per pixel, 0 in the middle"


def draw_kernels(
    kernels: Float[np.ndarray, "count 3 3"], title: str, unit: str = UNIT
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Kernels on one signed scale, the first at the upper left."""
    scale = signed_scale(kernels, unit)
    return draw_panels([Panel(_grid(scale.paint(kernels)), title, scale)])


def draw_colour_kernels(
    kernels: Float[np.ndarray, "count 3 3 3"], title: str, unit: str = UNIT
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Kernels, RGB last, as colours: zero weights are mid-grey, the largest magnitude 0 or 255."""
    signed = signed_scale(kernels, f"{unit}, of each colour")
    scale = dataclasses.replace(signed, palette=CHANNEL_PALETTE)
    limit = scale.high or 1.0
    pixels = np.rint((kernels / limit + 1) * 127.5).astype(np.uint8)
    return draw_panels([Panel(_grid(pixels), title, scale)])


def draw_frequencies(
    responses: Float[np.ndarray, "count frequencies frequencies"], unit: str
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Frequency responses on one scale from zero, in the order of the kernels."""
    scale = unsigned_scale(responses, f"response, {unit}")
    pixels = tile_to_width(scale.paint(responses), GRID_WIDTH, GRID_GAP)
    return draw_panels([Panel(pixels, FREQUENCIES_TITLE, scale)])


def draw_histogram(
    weights: Float[np.ndarray, "kernels inputs 3 3"], name: str, unit: str = UNIT
) -> UInt8[np.ndarray, "tall wide 3"]:
    """How many of a layer's weights are how large: bars of equal width, zero in the middle, up to the largest one."""
    limit = float(np.abs(weights).max()) or 1.0
    counts, _ = np.histogram(weights, BINS, (-limit, limit))
    size, tallest = TEXT_SIZES[1], int(counts.max())
    line, wide = round(size * 1.5), BINS * BIN_WIDTH
    image = Image.new("RGB", (wide + 2 * MARGIN, HISTOGRAM_HEIGHT + 3 * line + 2 * MARGIN), FILM)
    draw = ImageDraw.Draw(image)
    write(image, (MARGIN, MARGIN), f"{name}: {weights.size:,} {IN_ALL[unit]}", INK, size)
    spread = f"spread (std) {format_number(float(weights.std()))}; tallest bar {tallest:,}"
    write(image, (MARGIN, MARGIN + line), spread, FAINT_INK, size)
    floor = MARGIN + 2 * line + HISTOGRAM_HEIGHT
    for number, height in enumerate(np.rint(counts / tallest * HISTOGRAM_HEIGHT).astype(int).tolist()):
        left = MARGIN + number * BIN_WIDTH
        if height:
            draw.rectangle((left, floor - height, left + BIN_WIDTH - 2, floor - 1), fill=BAR_COLOUR)
    draw.line((MARGIN, floor, MARGIN + wide - 1, floor), fill=FAINT_INK)
    write(image, (MARGIN, floor + 4), format_number(-limit), FAINT_INK, size)
    write(image, (MARGIN + wide // 2, floor + 4), "0", FAINT_INK, size, "ma")
    write(image, (MARGIN + wide, floor + 4), format_number(limit), FAINT_INK, size, "ra")
    return np.asarray(image)


def kernel_at(x: int, y: int, count: int) -> int | None:
    """The place, counted from 0, of the kernel that a drawn picture of so many shows at a pixel; the gaps to its right
    and below belong to it. None beside all kernels."""
    columns, factor = _tiling(count)
    found = tile_under(x, y, count, columns, SIDE * factor, GRID_GAP)
    return found[0] if found else None


def frame_kernel(picture: UInt8[np.ndarray, "tall wide 3"], place: int, count: int) -> UInt8[np.ndarray, "tall wide 3"]:
    """A drawn picture of so many kernels with a frame around the one at a place, in the gaps around it."""
    columns, factor = _tiling(count)
    pitch = SIDE * factor + GRID_GAP
    left, top = panel_origin(columns * pitch - GRID_GAP)
    row, column = divmod(place, columns)
    x, y = left + column * pitch, top + row * pitch
    image = Image.fromarray(picture)
    end = SIDE * factor + 2
    ImageDraw.Draw(image).rectangle((x - 3, y - 3, x + end, y + end), outline=FRAME_COLOUR, width=3)
    return np.asarray(image)


def _tiling(count: int) -> tuple[int, int]:
    """In how many columns kernels stand, and enlarged by which factor: a few in one row."""
    if count < 4:
        return count, (GRID_WIDTH // count - GRID_GAP) // SIDE
    return tiling(count, SIDE, GRID_WIDTH, GRID_GAP)


def _grid(pixels: UInt8[np.ndarray, "count 3 3 3"]) -> UInt8[np.ndarray, "tall wide 3"]:
    return tile(pixels, *_tiling(len(pixels)), GRID_GAP)
