"""From a file's bytes to an upright, opaque picture in 8-bit sRGB, whatever the format."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pillow_heif
from PIL import ExifTags, Image

from model.uploads.colours import Colours, colours_of_png, through, to_srgb
from model.uploads.depths import Scale, eight_bits, is_deep
from model.uploads.frames import first_that_shows, on_white
from model.uploads.jpeg import ENOUGH, open_jpeg
from model.uploads.jpeg import SIGNATURE as JPEG
from model.uploads.limits import check_pixels
from model.uploads.png import SIGNATURE as PNG
from model.uploads.png import read_chunks
from model.uploads.profiles import profile_of_code_points
from model.uploads.tiff import open_tiff, scale_of

# PIL knows forty more, some of which start other programs.
OTHERS = ("WEBP", "AVIF", "GIF", "BMP")
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
HEAD = 12  # bytes that tell the format
NUMBERED_COLOURS = b"colrnclx"  # in the boxes before an AVIF's pixels
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class _File:
    """How to open a file, as often as needed, and what it says besides."""

    opened: Callable[[], Image.Image]
    scale: Scale
    colours: Colours
    orientation: int


def read(content: bytes, enough: int = ENOUGH) -> Image.Image:
    """The picture in a file: upright, opaque, 8-bit sRGB, at its own size (large JPEGs: reduced, but to `enough` pixels
    of the shorter side or more, if the memory allows).

    Raises ImageError for one that is too large or cannot be read rightly, and what PIL raises for one that is damaged.
    """
    file, image = _file(content, enough)
    if is_deep(image):
        del image
        picture = eight_bits(file.opened, file.scale, file.colours.curve)
    else:
        picture = first_that_shows(image)
        del image
        if file.colours.curve is not None:
            picture = through(picture, file.colours.curve)
    picture = to_srgb(picture, file.colours.profile)
    if file.orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[file.orientation])
    return on_white(picture)


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height as the file states them, before it is turned upright; a large JPEG's as it would be reduced."""
    return _file(content)[1].size


def _file(content: bytes, enough: int = ENOUGH) -> tuple[_File, Image.Image]:
    """The file, and its picture, not decoded yet."""
    if content.startswith(PNG):
        return _png(content)
    opened = _opener(content, enough)
    image = opened()
    if image.format != "JPEG":  # which has a limit of its own
        check_pixels(*image.size)
    tiff = image.format == "TIFF"
    scale = scale_of(image) if tiff else Scale()
    colours = Colours(image.info.get("icc_profile") or _numbered(image, content))
    return _File(opened, scale, colours, 1 if tiff else _orientation(image.getexif)), image  # PIL turns TIFF itself


def browsers_show(head: bytes) -> bool:
    """Whether browsers know the format of a file that begins so: no more than one of them knows HEIC or TIFF."""
    return not (head.startswith(TIFF) or _is_heif(head))


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in HEIF


def _opener(content: bytes, enough: int) -> Callable[[], Image.Image]:
    if content.startswith(JPEG):
        return lambda: open_jpeg(content, enough)
    if content.startswith(TIFF):
        return lambda: open_tiff(content)
    if _is_heif(content):
        return lambda: pillow_heif.HeifImageFile(io.BytesIO(content))
    return lambda: Image.open(io.BytesIO(content), formats=OTHERS)


def _png(content: bytes) -> tuple[_File, Image.Image]:
    kept, told = read_chunks(content)

    def opened() -> Image.Image:
        image = Image.open(io.BytesIO(kept), formats=("PNG",))
        transparent = image.info.get("transparency")
        if told.grey_depth in (2, 4) and isinstance(transparent, int):  # PIL stretches the pixels alone
            image.info["transparency"] = transparent * 255 // ((1 << told.grey_depth) - 1)
        return image

    def exif() -> Image.Exif:
        found = Image.Exif()
        found.load(told.exif)
        return found

    image = opened()
    check_pixels(*image.size)
    return _File(opened, Scale(significant=told.significant), colours_of_png(told), _orientation(exif)), image


def _numbered(image: Image.Image, content: bytes) -> bytes | None:
    """The profile of colours that HEIC and AVIF name by H.273's numbers."""
    if image.format == "HEIF" and (named := image.info.get("nclx_profile")):
        return profile_of_code_points(named["color_primaries"], named["transfer_characteristics"])
    if image.format == "AVIF" and (found := content.find(NUMBERED_COLOURS)) >= 0:
        first = found + len(NUMBERED_COLOURS)
        return profile_of_code_points(*(int.from_bytes(content[at : at + 2], "big") for at in (first, first + 2)))
    return None


def _orientation(exif: Callable[[], Image.Exif]) -> int:
    try:
        return int(exif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # nearly anything, where the EXIF is broken; the picture is not
        return 1
