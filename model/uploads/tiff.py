"""TIFF: the layouts that PIL would misread, and what the tags say of the samples' scale."""

import io
import math

from PIL import Image, ImageFile, TiffImagePlugin

from model.uploads.depths import Scale, raw_mode
from model.uploads.limits import ImageError

BITS, PHOTOMETRIC, PLANAR = 258, 262, 284
MAX_SAMPLE, SCALE_MAX_SAMPLE = 281, 341
WHITE_IS_ZERO, YCBCR = 0, 6
SEPARATE = 2
# libtiff hands numbers on in the machine's own order, whichever the file's is.
NATIVE = {"F;32BF": "F;32NF", "I;32BS": "I;32NS", "I;16BS": "I;16NS"}
# Motorola's byte order is missing here alone among PIL's kinds of white-is-zero grey.
TiffImagePlugin.OPEN_INFO.setdefault((b"MM", WHITE_IS_ZERO, (1,), 1, (16,), ()), ("I;16B", "I;16B"))


def open_tiff(content: bytes) -> Image.Image:
    """The first picture in a TIFF file, not decoded yet, so that it will be decoded rightly.

    Raises ImageError for a kind that PIL cannot read so.
    """
    image = Image.open(io.BytesIO(content), formats=("TIFF",))
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    raw = not image.use_load_libtiff
    deep = max(_numbers(image, BITS, 1)) == 16
    if image.tag_v2.get(PLANAR) == SEPARATE and deep:
        if raw:
            order = "L" if image.tag_v2.prefix == b"II" else "B"
            image.tile = [_with_raw_mode(tile, f"{raw_mode(tile)};16{order}") for tile in image.tile]
        elif scale_of(image).full not in (None, 65535):
            raise ImageError(
                "This TIFF keeps its colours in separate, compressed planes of fewer than 16 bits, which is not read; "
                "save it as PNG first."
            )
    elif image.tag_v2.get(PHOTOMETRIC) == YCBCR and raw:
        _read_by_libtiff(image)
    elif not raw:
        image.tile = [_with_raw_mode(tile, NATIVE.get(raw_mode(tile), raw_mode(tile))) for tile in image.tile]
    return image


def scale_of(image: Image.Image) -> Scale:
    """What the tags say. The largest value that is used tells how many bits are; one that is meant for scaling counts
    as it is."""
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    bits = max(_numbers(image, BITS, 1))
    full: float | None = 2**bits - 1 if 8 < bits < 16 else None
    if used := max(_numbers(image, MAX_SAMPLE, 0)):
        full = 2 ** math.ceil(math.log2(used + 1)) - 1
    if meant := max(_numbers(image, SCALE_MAX_SAMPLE, 0)):
        full = meant
    # PIL inverts grey of up to 8 bits itself.
    return Scale(full, inverted=image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO)


def _numbers(image: TiffImagePlugin.TiffImageFile, tag: int, missing: int) -> tuple[float, ...]:
    value = image.tag_v2.get(tag, missing)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in numbers if isinstance(each, int | float) and math.isfinite(each)) or (missing,)


def _with_raw_mode(tile: ImageFile._Tile, name: str) -> ImageFile._Tile:
    assert isinstance(tile.args, tuple)
    return tile._replace(args=(name, *tile.args[1:]))


def _read_by_libtiff(image: TiffImagePlugin.TiffImageFile) -> None:
    """libtiff turns luma and chroma into RGB; PIL's own decoder takes them for RGB."""
    image.use_load_libtiff = True
    whole = (0, 0, *image._tile_size)
    image.tile = [ImageFile._Tile("libtiff", whole, 0, (raw_mode(image.tile[0]), "raw", False, image.tag_v2.offset))]
