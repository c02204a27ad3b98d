"""Of an animation, the frame that shows something."""

from collections.abc import Iterator
from typing import cast

from PIL import Image

from model.uploads.limits import MAX_PIXELS

ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
MAX_FRAMES = 50
MAX_LOOKED_AT = 2 * MAX_PIXELS  # pixels of all frames together
LOOK = 1024  # of a larger frame every second, third, ... pixel is looked at
NOTHING = 3  # levels between the darkest and the brightest pixel: what lossy compression makes of one colour


def first_that_shows(image: Image.Image) -> Image.Image:
    """The first frame that is not of one colour; if there is none, the first that is not all transparent, or the first.

    A picture is decoded and comes back. Of an animation so many frames are looked at as are decoded in a second or so;
    one that is damaged ends the search.
    """
    if image.format not in ANIMATED or not getattr(image, "is_animated", False):
        image.load()
        return image
    best, best_is_opaque = None, False
    for frame in _frames(image):
        look = frame.resize([min(side, LOOK) for side in frame.size], Image.Resampling.NEAREST)
        if _shows_something(look):
            return frame
        if best is None or (not best_is_opaque and _is_opaque_somewhere(look)):
            best, best_is_opaque = frame.copy(), _is_opaque_somewhere(look)
    assert best is not None
    return best


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """The same object over and over, holding one frame after another.

    Raises what PIL raises if the first frame is damaged.
    """
    # The still picture of an animated PNG is for those that do not play it.
    first = 1 if image.info.get("default_image") else 0
    allowed = max(1, min(MAX_FRAMES, MAX_LOOKED_AT // (image.width * image.height)))
    for number in range(first, first + allowed):
        try:
            image.seek(number)
            image.load()
        except Exception:  # PIL's decoders raise nearly anything; EOFError after the last frame
            if number == first:
                raise
            return
        yield image


def _shows_something(frame: Image.Image) -> bool:
    seen = on_white(frame)
    extrema = cast(tuple[tuple[int, int], ...], seen.getextrema())
    return any(highest - lowest > NOTHING for lowest, highest in extrema)


def _is_opaque_somewhere(frame: Image.Image) -> bool:
    return not frame.has_transparency_data or frame.convert("RGBA").getchannel("A").getbbox() is not None


def on_white(image: Image.Image) -> Image.Image:
    """Opaque RGB: what is transparent lets white through."""
    if image.has_transparency_data:
        backdrop = Image.new("RGBA", image.size, "white")
        backdrop.alpha_composite(image if image.mode == "RGBA" else image.convert("RGBA"))
        image = backdrop
    return image if image.mode == "RGB" else image.convert("RGB")
