"""A receptive field on the picture that the network sees: what is outside is dimmed."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from interpret.drawing.render import enlarge
from interpret.layers.receptive_field import Box

FACTOR = 8
OUTLINE = (234, 88, 12)
DIMMED = 0.35


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
