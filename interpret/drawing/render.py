"""Pictures of arrays, made with numpy: enlarged by whole factors, tiled, overlaid, and drawn with a legend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from interpret.choices import check_fraction
from interpret.drawing.scales import Scale
from interpret.drawing.text import NAME_SIZE, TEXT_SIZES, fitting, format_number, two_decimals, width_of, write
from model.images import LUMINANCE

FILM = (15, 18, 25)
INK = (232, 236, 243)
FAINT_INK = (164, 173, 187)
MARGIN = 12
WIDE = 400  # pictures from this width on shrink to fit a phone's screen, and need larger letters
BAR_HEIGHT = 10


@dataclass(frozen=True)
class Panel:
    """One picture of numbers with a title and the scale that it was painted with (None: no legend)."""

    pixels: UInt8[np.ndarray, "height width 3"]
    title: str
    scale: Scale | None = None


def enlarge(pixels: UInt8[np.ndarray, "height width 3"], factor: int) -> UInt8[np.ndarray, "tall wide 3"]:
    """Each pixel as a square of `factor` pixels: enlarged without smoothing."""
    return pixels.repeat(factor, axis=1).repeat(factor, axis=0)  # the wide rows are copied whole


def overlay(
    pixels: UInt8[np.ndarray, "height width 3"], colours: UInt8[np.ndarray, "height width 3"], opacity: int | float
) -> UInt8[np.ndarray, "height width 3"]:
    """`colours` laid on `pixels`: 0 shows the pixels alone, 1 the colours alone.

    Raises ChoiceError if opacity is not in [0, 1].
    """
    opacity = check_fraction("opacity", opacity)
    return np.rint(pixels * (1 - opacity) + colours * opacity).astype(np.uint8)


def tile(
    pictures: UInt8[np.ndarray, "count height width 3"], columns: int, factor: int, gap: int = 2
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Pictures in rows of `columns`, each enlarged by `factor`, `gap` pixels of background between them."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    cell_height, cell_width = height * factor + gap, width * factor + gap
    canvas = np.empty((rows * columns, cell_height, cell_width, 3), np.uint8)
    canvas[:] = FILM
    canvas[:count, : height * factor, : width * factor] = pictures.repeat(factor, axis=2).repeat(factor, axis=1)
    grid = canvas.reshape(rows, columns, cell_height, cell_width, 3).swapaxes(1, 2)
    joined = grid.reshape(rows * cell_height, columns * cell_width, 3)
    return np.ascontiguousarray(joined[: -gap or None, : -gap or None])


def tile_to_width(
    pictures: UInt8[np.ndarray, "count height width 3"], target_width: int, gap: int = 2
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Pictures in a grid about as wide as `target_width` pixels, wider than tall, enlarged by the largest factor that
    fits."""
    count, _, side, _ = pictures.shape
    columns, factor = tiling(count, side, target_width, gap)
    return tile(pictures, columns, factor, gap)


def tiling(count: int, side: int, target_width: int, gap: int) -> tuple[int, int]:
    """How `tile_to_width` arranges squares: in how many columns, and enlarged by which factor."""
    columns = 2 ** math.ceil(math.log2(count) / 2)
    return columns, max(1, (target_width // columns - gap) // side)


def tile_under(x: int, y: int, count: int, columns: int, side: int, gap: int) -> tuple[int, bool] | None:
    """Which of `count` tiles, `side` pixels wide, a pixel of a drawn panel belongs to, counted as they stand; and
    whether it is on the tile itself, not in the gap to its right or below it. None beside all tiles."""
    pitch = side + gap
    left, top = panel_origin(columns * pitch - gap)
    (column, across), (row, down) = divmod(x - left, pitch), divmod(y - top, pitch)
    place = row * columns + column
    return (place, max(across, down) < side) if 0 <= column < columns and row >= 0 and place < count else None


def draw_panels(
    panels: Sequence[Panel], columns: int = 1, legend: Scale | None = None
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Panels in a grid, each with its title above and its legend (range and unit) below; `legend` is one for all."""
    drawn = [_draw_panel(panel) for panel in panels]
    width = max(image.width for image in drawn)
    height = max(image.height for image in drawn)
    rows = -(-len(drawn) // columns)
    wide, tall = columns * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN
    size = TEXT_SIZES[panels[0].pixels.shape[1] >= WIDE]
    strip = BAR_HEIGHT + round(size * 1.5) + MARGIN if legend else 0
    canvas = Image.new("RGB", (wide, tall + strip), FILM)
    for number, image in enumerate(drawn):
        row, column = divmod(number, columns)
        canvas.paste(image, (MARGIN + column * (width + MARGIN), MARGIN + row * (height + MARGIN)))
    if legend:
        _draw_legend(canvas, legend, tall, wide - 2 * MARGIN, size, left=MARGIN)
    return np.asarray(canvas)


def panel_origin(width: int) -> tuple[int, int]:
    """Where in the drawn panels the first one's pixels begin, left and top, if panels are this wide."""
    return MARGIN, MARGIN + _title_height(width)


def _title_height(width: int) -> int:
    return round(TEXT_SIZES[width >= WIDE] * 1.5)


def write_names(pixels: UInt8[np.ndarray, "tall tall 3"], names: Sequence[str]) -> UInt8[np.ndarray, "tall tall 3"]:
    """A picture of a square of cells, with each cell's name in its corner. `names` go row by row."""
    image, cells = Image.fromarray(pixels), math.isqrt(len(names))
    side = len(pixels) // cells
    for at, name in enumerate(names):
        _write_over(image, pixels, side * (at % cells) + 4, side * (at // cells) + 2, name, NAME_SIZE, "la")
    return np.asarray(image)


def write_numbers(
    pixels: UInt8[np.ndarray, "tall wide 3"],
    values: Float[np.ndarray, "height width"],
    errors: Float[np.ndarray, "height width"] | None = None,
) -> UInt8[np.ndarray, "tall wide 3"]:
    """A picture of cells, with each cell's signed value in its middle. `errors` stand below, unless they are NaN."""
    image, side = Image.fromarray(pixels), len(pixels) // len(values)
    for (row, column), value in np.ndenumerate(values):
        x, y = side * column + side // 2, side * row
        _write_over(image, pixels, x, y + side // 2, two_decimals(float(value), plus=True), TEXT_SIZES[0], "mm")
        if errors is not None and np.isfinite(errors[row, column]):
            _write_over(image, pixels, x, y + side - 12, f"± {errors[row, column]:.2f}", NAME_SIZE, "mm")
    return np.asarray(image)


def _write_over(
    image: Image.Image, pixels: UInt8[np.ndarray, "tall wide 3"], x: int, y: int, text: str, size: int, anchor: str
) -> None:
    """Onto the image, in black or white, whichever shows on the pixels there."""
    ink = (0, 0, 0) if pixels[y, x] @ LUMINANCE > 128 else (255, 255, 255)
    write(image, (x, y), text, ink, size, anchor)


def _draw_panel(panel: Panel) -> Image.Image:
    height, width, _ = panel.pixels.shape
    size = TEXT_SIZES[width >= WIDE]
    line = _title_height(width)
    legend = line + BAR_HEIGHT + 6 if panel.scale else 0
    title_size = fitting(panel.title, width, size)
    image = Image.new("RGB", (max(width, int(width_of(panel.title, title_size)) + 1), line + height + legend), FILM)
    write(image, (0, 0), panel.title, INK, title_size)
    image.paste(Image.fromarray(panel.pixels), (0, line))
    if panel.scale:
        _draw_legend(image, panel.scale, line + height + 6, width, size)
    return image


def _draw_legend(image: Image.Image, scale: Scale, top: int, width: int, size: int, left: int = 0) -> None:
    values = np.linspace(scale.low, scale.high, width)
    image.paste(Image.fromarray(scale.paint(values)[None].repeat(BAR_HEIGHT, axis=0)), (left, top))
    right = left + width - 1
    ImageDraw.Draw(image).rectangle((left, top, right, top + BAR_HEIGHT - 1), outline=FAINT_INK)
    text_top = top + BAR_HEIGHT + 2
    low, high = format_number(scale.low), f"{format_number(scale.high)} {scale.unit}"
    size = fitting(f"{low}  {high}", width, size)
    write(image, (left, text_top), low, FAINT_INK, size)
    write(image, (right, text_top), high, FAINT_INK, size, "ra")
