"""The confusion matrix as a picture: errors on a colour scale, right answers in numbers alone."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from interpret.drawing.render import FAINT_INK, FILM, INK, Panel, draw_panels
from interpret.drawing.scales import Scale, unsigned_scale
from interpret.drawing.text import NAME_SIZE, write
from model.images import LUMINANCE

CELL_WIDTH, CELL_HEIGHT, NAME_WIDTH, TEXT_SIZE = 70, 34, 100, 13
GAMMA = 2.2
EQUAL_CONTRAST = 0.179  # the relative luminance against which black and white show equally well (WCAG 2.2)


def error_scale(values: Float[np.ndarray, "classes classes"], unit: str) -> Scale:
    """From 0 to the largest value off the diagonal: right answers would make all errors look alike."""
    return unsigned_scale(np.where(np.eye(len(values), dtype=bool), 0, values), unit)


def cell_colours(
    values: Float[np.ndarray, "classes classes"], scale: Scale
) -> tuple[UInt8[np.ndarray, "classes classes 3"], UInt8[np.ndarray, "classes classes 3"]]:
    """The colour of each cell, and that of its number, black or white, whichever shows better; the diagonal has the
    film's."""
    colours = scale.paint(values)
    colours[np.eye(len(values), dtype=bool)] = FILM
    relative = (colours / 255) ** GAMMA @ LUMINANCE[:, None]
    inks = np.where(relative > EQUAL_CONTRAST, 0, 255).astype(np.uint8)
    return colours, np.broadcast_to(inks, colours.shape).copy()


def written(value: float, unit: str) -> str:
    """A cell's number: a count, or a share as percent."""
    return f"{value:,.0f}" if unit == "pictures" else f"{value:.1%}"


def draw_confusion(
    values: Float[np.ndarray, "classes classes"], class_names: tuple[str, ...], unit: str
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Rows are true classes, columns predicted ones; each cell with its number, below it the colour scale."""
    scale, side = error_scale(values, unit), len(class_names)
    colours, inks = cell_colours(values, scale)
    image = Image.new("RGB", (NAME_WIDTH + side * CELL_WIDTH, (side + 1) * CELL_HEIGHT), FILM)
    draw = ImageDraw.Draw(image)
    for at, name in enumerate(class_names):
        middle = CELL_HEIGHT * (at + 1) + CELL_HEIGHT // 2
        write(image, (NAME_WIDTH - 8, middle), name, INK, TEXT_SIZE, "rm")
        write(image, (NAME_WIDTH + CELL_WIDTH * at + CELL_WIDTH // 2, CELL_HEIGHT // 2), name, INK, NAME_SIZE, "mm")
    write(image, (4, CELL_HEIGHT // 2), "true \\ taken for", FAINT_INK, NAME_SIZE, "lm")
    for (row, column), value in np.ndenumerate(values):
        left, top = NAME_WIDTH + CELL_WIDTH * column, CELL_HEIGHT * (row + 1)
        box = (left, top, left + CELL_WIDTH - 2, top + CELL_HEIGHT - 2)
        draw.rectangle(box, tuple(colours[row, column].tolist()))
        place = (left + CELL_WIDTH // 2, top + CELL_HEIGHT // 2)
        write(image, place, written(float(value), unit), tuple(inks[row, column].tolist()), TEXT_SIZE, "mm")
    return draw_panels([Panel(np.asarray(image), "Test pictures by true class and by what they are taken for", scale)])
