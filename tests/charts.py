"""Charts read back: what each cell, title and legend shows, by matplotlib's palettes and PIL's letters alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FILM, INK, FAINT_INK = (15, 18, 25), (232, 236, 243), (164, 173, 187)
MARGIN = 12
SLACK = 0.01  # of one of 255 steps: another order of float32 sums moves a value by less


@dataclass(frozen=True)
class Painted:
    """How numbers became colours: from `low` to `high` in a matplotlib palette."""

    palette: str
    low: float
    high: float

    def shows(self, colours: np.ndarray, values: np.ndarray) -> bool:
        """Whether each colour is that of its value: the nearest of the palette's 256, either one half-way."""
        table = np.rint(matplotlib.colormaps[self.palette](np.arange(256))[:, :3] * 255).astype(np.uint8)
        steps = (values.astype(np.float64) - self.low) / (self.high - self.low) * 255
        nearest = [table[np.rint(np.clip(steps + slack, 0, 255)).astype(int)] for slack in (-SLACK, SLACK)]
        return bool(np.logical_or(*((colours == each).all(axis=-1) for each in nearest)).all())


@dataclass(frozen=True)
class Grid:
    """Where a panel's cells are: its upper left corner, and tiles in rows of `columns`, `gap` pixels between them."""

    columns: int
    factor: int
    gap: int = 0
    left: int = MARGIN
    top: int = MARGIN

    def size(self, count: int, side: int) -> tuple[int, int]:
        """Width and height of `count` tiles of `side` cells."""
        pitch = side * self.factor + self.gap
        return self.columns * pitch - self.gap, -(-count // self.columns) * pitch - self.gap


def font_of(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)


def largest_within(text: str, width: int, size: int) -> int:
    """The size that a text is written in where it has so much room: its usual size, or the largest one that fits."""
    while font_of(size).getlength(text) > width:
        size -= 1
    return size


def letters(text: str, size: int, colour: tuple[int, int, int]) -> np.ndarray:
    """A text as PIL writes it on the film, from the upper left corner of the picture."""
    font = font_of(size)
    image = Image.new("RGB", (int(font.getlength(text)) + 1, round(size * 1.5)), FILM)
    ImageDraw.Draw(image).text((0, 0), text, colour, font)
    return np.asarray(image)


def holds(picture: np.ndarray, text: str, size: int, colour: tuple[int, int, int], rows: slice) -> bool:
    """Whether these rows of the picture hold the text, at any place from left to right."""
    wanted = letters(text, size, colour)
    inked = np.flatnonzero((wanted != FILM).any(axis=(0, 2)))
    wanted = wanted[: rows.stop - rows.start, inked[0] : inked[-1] + 1]
    windows = np.lib.stride_tricks.sliding_window_view(picture[rows][: len(wanted)], wanted.shape)[0, :, 0]
    return bool((windows == wanted).all(axis=(1, 2, 3)).any())


def check_panel(
    picture: np.ndarray,
    grid: Grid,
    values: np.ndarray,
    painted: Painted,
    title: str,
    legend: Sequence[str],
    *,
    crossed: Collection[int] = (),
) -> None:
    """Every pixel of a panel's cells shows its value (count, side, side), but on the diagonals of those that are
    `crossed` out; its title stands above it, and its legend below: a bar from low to high, and what both ends mean."""
    count, side, _ = values.shape
    width, height = grid.size(count, side)
    size = 24 if width >= 400 else 16
    line = size * 3 // 2
    across = slice(grid.left, grid.left + width)
    shrunk = largest_within(title, width, size)
    assert holds(picture[:, grid.left :], title, shrunk, INK, slice(grid.top, grid.top + line)), title
    top, pitch = grid.top + line, side * grid.factor + grid.gap
    for number, tile in enumerate(values):
        down, right = top + pitch * (number // grid.columns), grid.left + pitch * (number % grid.columns)
        found = picture[down : down + side * grid.factor, right : right + side * grid.factor]
        drawn = np.kron(tile, np.ones((grid.factor, grid.factor)))
        if number in crossed:
            cross = np.eye(len(drawn), dtype=bool) | np.eye(len(drawn), dtype=bool)[::-1]
            assert (found[cross] == FAINT_INK).all(), number
            found, drawn = found[~cross][None], drawn[~cross][None]
        assert painted.shows(found, drawn), number
        if grid.gap and (number + 1) % grid.columns:
            between = picture[down : down + side * grid.factor, right + side * grid.factor : right + pitch]
            assert (between == FILM).all(), number
    bar = top + height + 6
    inside = picture[bar + 1 : bar + 9, across][:, 1:-1]
    assert painted.shows(inside, np.broadcast_to(np.linspace(painted.low, painted.high, width)[1:-1], inside.shape[:2]))
    for text in legend:
        assert holds(picture[:, across], text, size, FAINT_INK, slice(bar + 12, bar + 12 + size)), text
