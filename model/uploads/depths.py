"""Samples of more than 8 bits, and floats, as 8-bit brightness.

PIL keeps 16-bit grey, but of 16-bit colours only the high bytes; the low ones are had by reading the file again as if
its bytes were in the other order.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image, ImageFile

from model.uploads.limits import ImageError

FULL = 65535
VALUES_AT_ONCE = 1_000_000  # looking a 16-bit value up takes eight bytes more
GREY_AND_ALPHA = "LA;16B"  # PNG's; PIL takes four bytes a pixel as they are for RGBA
SWAPPED = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
Curve = Callable[[np.ndarray], np.ndarray]
"""From a file's brightness to sRGB's, both from 0 to 1."""


@dataclass(frozen=True)
class Scale:
    """What a file says of its samples: the value of full brightness, or how many bits of 16 are significant (which some
    then do not scale up to 16, as they should), and whether 0 is white."""

    full: float | None = None
    significant: int | None = None
    inverted: bool = False


def _raw_mode(image: Image.Image) -> str:
    tiles = getattr(image, "tile", ())
    return raw_mode(tiles[0]) if tiles else ""


def is_deep(image: Image.Image) -> bool:
    """Whether a picture that is not decoded yet has samples of more than 8 bits, of a kind that is read here."""
    return image.mode.startswith("I") or image.mode == "F" or _has_words(image)


def _has_words(image: Image.Image) -> bool:
    raw = _raw_mode(image)
    return image.mode in ("RGB", "RGBA", "CMYK") and raw[-4:-1] == ";16" and "a" not in raw  # "a": multiplied by alpha


def raw_mode(tile: ImageFile._Tile) -> str:
    """PIL's name of how samples lie in a part of a file."""
    return str(tile.args[0] if isinstance(tile.args, tuple) else tile.args)


def eight_bits(opened: Callable[[], Image.Image], scale: Scale, curve: Curve | None = None) -> Image.Image:
    """The picture with samples of 8 bits, of grey or of colours; `opened` opens it without decoding it.

    Integers run from 0 to 65535 and floats from 0 to 1, unless the file says otherwise. Raises ImageError for values
    that have no agreed meaning as brightness, such as infinite ones.
    """
    image = opened()
    transparent = image.info.get("transparency")
    if not _has_words(image) and not image.mode.startswith("I;16"):
        return Image.fromarray(_of_wide_numbers(np.asarray(image), image.mode == "F", scale, curve))
    words = _words(opened) if _has_words(image) else np.asarray(image).astype(np.uint16, copy=False)
    levels = _looked_up(_table(_full(words, scale), scale.inverted, curve), words)
    if image.mode == "RGBA":  # what is said of brightness does not hold for opacity
        levels[..., -1] = words[..., -1] >> 8
    narrow = Image.fromarray(levels, image.mode) if image.mode == "CMYK" else Image.fromarray(levels)
    if isinstance(transparent, int | tuple):
        clear = (words == np.array(transparent, np.uint16)).reshape(*words.shape[:2], -1).all(axis=-1)
        narrow.putalpha(Image.fromarray(np.where(clear, 0, 255).astype(np.uint8)))
    return narrow


def _words(opened: Callable[[], Image.Image]) -> UInt16[np.ndarray, "height width channels"]:
    image = opened()
    if _raw_mode(image) == GREY_AND_ALPHA:
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]  # type: ignore[attr-defined]
        return np.asarray(image).view(">u2").astype(np.uint16)
    words = np.asarray(image).astype(np.uint16)
    words <<= 8
    low = opened()
    low.tile = [tile._replace(args=_swapped(tile.args)) for tile in low.tile]  # type: ignore[attr-defined]
    words |= np.asarray(low)
    return words


def _swapped(arguments: str | tuple) -> str | tuple:
    if isinstance(arguments, str):
        return arguments[:-1] + SWAPPED[arguments[-1]]
    return _swapped(arguments[0]), *arguments[1:]


def _full(words: UInt16[np.ndarray, "..."], scale: Scale) -> float:
    """The value of full brightness. What the file says of it is believed if no value is brighter."""
    said = scale.full
    if said is None and scale.significant is not None and 0 < scale.significant < 16:
        said = 2**scale.significant - 1
        if _were_scaled_up(words, said):
            said = None
    return said if said is not None and 0 < words.max() <= said else FULL


def _were_scaled_up(words: UInt16[np.ndarray, "..."], most: int) -> bool:
    """Whether all values are ones that a scale of fewer values, stretched over 16 bits, has: so PNG wants it. Of the
    first ones they are enough to tell."""
    some, step = words.reshape(-1)[:VALUES_AT_ONCE].astype(np.float64), FULL / most
    return bool((np.abs(np.rint(some / step) * step - some) <= min(1.5, step / 4 + 0.01)).all())


def _table(full: float, inverted: bool, curve: Curve | None) -> UInt8[np.ndarray, "65536"]:
    return _levels(np.minimum(np.arange(FULL + 1) / full, 1), inverted, curve)


def _levels(brightness: np.ndarray, inverted: bool, curve: Curve | None) -> UInt8[np.ndarray, "..."]:
    if inverted:
        brightness = 1 - brightness
    return np.rint(255 * (brightness if curve is None else curve(brightness))).astype(np.uint8)


def _looked_up(table: UInt8[np.ndarray, "65536"], words: UInt16[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    levels = np.empty(words.size, np.uint8)
    flat = words.reshape(-1)
    for start in range(0, flat.size, VALUES_AT_ONCE):
        levels[start : start + VALUES_AT_ONCE] = table[flat[start : start + VALUES_AT_ONCE]]
    return levels.reshape(words.shape)


def _of_wide_numbers(values: np.ndarray, floats: bool, scale: Scale, curve: Curve | None) -> UInt8[np.ndarray, "..."]:
    if not np.isfinite(values).all():
        raise ImageError("This picture holds values that are infinite or not numbers; save it as 8-bit PNG first.")
    full = scale.full or (1.0 if floats else float(FULL))
    if values.min() < 0 or values.max() > full:
        raise ImageError(
            f"This picture's brightness runs from {values.min():g} to {values.max():g}, outside 0 to {full:g}; "
            "save it as 8-bit PNG first."
        )
    levels = np.empty(values.shape, np.uint8)
    for row in range(len(values)):
        levels[row] = _levels(values[row] / np.float64(full), scale.inverted, curve)
    return levels
