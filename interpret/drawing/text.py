"""Words on pictures, and how numbers are written. Most pictures have the same words: each is rendered once."""

from functools import lru_cache
from pathlib import Path

from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

TEXT_SIZES = (16, 24)
NAME_SIZE = 11


def write(
    image: Image.Image,
    place: tuple[int, int],
    text: str,
    ink: tuple[int, int, int],
    size: int = TEXT_SIZES[0],
    anchor: str = "la",
) -> None:
    """Onto an RGB image, so that the anchor, of PIL's, is at the place."""
    stamp, left, top = _stamp(text, size, anchor)
    image.paste(ink, (place[0] + left, place[1] + top), stamp)


@lru_cache(maxsize=1024)
def _stamp(text: str, size: int, anchor: str) -> tuple[Image.Image, int, int]:
    """A text's coverage, and where it begins beside its anchor."""
    font = _font_of(size)
    left, top, right, bottom = (round(each) for each in font.getbbox(text, anchor=anchor))
    stamp = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(stamp).text((-left, -top), text, 255, font, anchor)
    return stamp, left, top


@lru_cache(maxsize=1024)
def width_of(text: str, size: int) -> float:
    """In pixels."""
    return _font_of(size).getlength(text)


def fitting(text: str, width: int, size: int) -> int:
    """The size, or as much smaller a one as the text needs to stand within the width; at least NAME_SIZE."""
    return next((each for each in range(size, NAME_SIZE, -1) if width_of(text, each) <= width), NAME_SIZE)


@lru_cache(maxsize=16)
def _font_of(size: int) -> ImageFont.FreeTypeFont:
    """matplotlib's own DejaVu Sans: PIL's built-in font has no minus sign."""
    return ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)


def two_decimals(value: float, *, plus: bool = False) -> str:
    """A number with a true minus sign, or with either sign; what rounds to zero has none."""
    text = f"{value:+.2f}" if plus else f"{value:.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "\u2212")


def format_number(value: int | float) -> str:
    """A number in at most four characters or so, with a true minus sign, as legends show it."""
    text = "0" if value == 0 else f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"
    return text.replace("-", "\u2212")
