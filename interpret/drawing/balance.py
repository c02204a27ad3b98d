"""Where a score comes from, as a bar for each layer: what its cells add up to, and what the later constants add."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from interpret.attribution.balance import PLACES, Balance
from interpret.drawing.render import FAINT_INK, FILM, INK, MARGIN
from interpret.drawing.text import TEXT_SIZES, two_decimals, width_of, write
from model.network import STAGES

CELLS_COLOUR, CONSTANTS_COLOUR = (253, 154, 106), (150, 160, 180)
ROW_HEIGHT, BAR_HEIGHT = 34, 12
LABEL_WIDTH, BARS_WIDTH, NUMBERS_WIDTH = 150, 300, 200
LABELS = (
    "the pixels",
    *(f"layer {number}, {stage.resolution}×{stage.resolution}" for number, stage in enumerate(STAGES, 1)),
)


def draw_balance(found: Balance, title: str) -> UInt8[np.ndarray, "tall wide 3"]:
    """A row for each place, its two bars one below the other from a common zero, a line at the score, and the numbers.

    All rows share one scale, in logits.
    """
    head = round(TEXT_SIZES[0] * 1.5)
    values = np.array([*found.cells, *found.constants, found.score, 0.0])
    low, high = float(values.min()), float(values.max())
    scale = BARS_WIDTH / ((high - low) or 1.0)
    width = 2 * MARGIN + LABEL_WIDTH + BARS_WIDTH + NUMBERS_WIDTH
    top = MARGIN + 2 * head
    image = Image.new("RGB", (width, top + len(PLACES) * ROW_HEIGHT + head + MARGIN), FILM)
    draw = ImageDraw.Draw(image)

    def x_of(value: float) -> int:
        return round(MARGIN + LABEL_WIDTH + (value - low) * scale)

    write(image, (MARGIN, MARGIN), title, INK)
    numbers_left = MARGIN + LABEL_WIDTH + BARS_WIDTH + MARGIN
    for colour, text, left in (
        (CELLS_COLOUR, "cells", numbers_left),
        (CONSTANTS_COLOUR, "later constants", numbers_left + NUMBERS_WIDTH - MARGIN - 130),
    ):
        write(image, (left, MARGIN + head), text, colour)
    for row, (place, label) in enumerate(zip(PLACES, LABELS, strict=True)):
        y = top + row * ROW_HEIGHT
        write(image, (MARGIN, y + 2), label, INK)
        for number, (colour, value) in enumerate(zip((CELLS_COLOUR, CONSTANTS_COLOUR), found.at(place), strict=True)):
            start, end = sorted((x_of(0), x_of(value)))
            bar = y + 2 + number * (BAR_HEIGHT + 1)
            draw.rectangle((start, bar, end, bar + BAR_HEIGHT - 1), fill=colour)
            left = numbers_left + number * (NUMBERS_WIDTH - MARGIN - 130)
            write(image, (left, y + 2), two_decimals(value, plus=True), colour)
    bottom = top + len(PLACES) * ROW_HEIGHT
    score = f"score {two_decimals(found.score)} logits"
    apart = abs(x_of(found.score) - x_of(0.0)) > width_of(score, TEXT_SIZES[0]) / 2 + MARGIN
    for value, text in ((0.0, "0" if apart else ""), (found.score, score)):
        draw.line((x_of(value), top - 2, x_of(value), bottom), fill=FAINT_INK)
        write(image, (x_of(value), bottom + 2), text, FAINT_INK, anchor="ma")
    return np.asarray(image)
