"""A receptive field on the picture that the network sees: what is outside is dimmed."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from interpret.drawing.render import enlarge
from interpret.layers.receptive_field import SIDE, Box

FACTOR = 8
OUTLINE = (234, 88, 12)
DIMMED = 0.35
INSET, BORDER = 84, 3


def draw_receptive_field(pixels: UInt8[np.ndarray, "32 32 3"], field: Box) -> UInt8[np.ndarray, "256 256 3"]:
    """The picture, enlarged, with the pixels of the field as they are, framed, and all others dimmed."""
    seen = field.cut
    dimmed = np.rint(pixels * DIMMED).astype(np.uint8)
    rows, columns = slice(seen.top, seen.bottom + 1), slice(seen.left, seen.right + 1)
    dimmed[rows, columns] = pixels[rows, columns]
    image = Image.fromarray(enlarge(dimmed, FACTOR))
    corners = (seen.left * FACTOR, seen.top * FACTOR, (seen.right + 1) * FACTOR - 1, (seen.bottom + 1) * FACTOR - 1)
    ImageDraw.Draw(image).rectangle(corners, outline=OUTLINE, width=2)
    return np.asarray(image)


def draw_patch(pixels: UInt8[np.ndarray, "32 32 3"], field: Box) -> UInt8[np.ndarray, "256 256 3"]:
    """The picture as `draw_receptive_field` has it; a small field stands enlarged further in the corner that is
    furthest from it."""
    picture, seen = draw_receptive_field(pixels, field), field.cut
    patch = pixels[seen.top : seen.bottom + 1, seen.left : seen.right + 1]
    factor = INSET // max(patch.shape[:2])
    if factor <= FACTOR:
        return picture
    large = enlarge(patch, factor)
    bordered = np.pad(large, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), constant_values=255)
    height, width, _ = bordered.shape
    top = 0 if seen.top + seen.bottom > SIDE - 1 else len(picture) - height
    left = 0 if seen.left + seen.right > SIDE - 1 else len(picture) - width
    inset = picture.copy()
    inset[top : top + height, left : left + width] = bordered
    return inset
