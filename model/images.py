"""From whatever people upload to the network's input. This is the only preprocessing there is."""

import io
import threading
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from torch import Tensor

INPUT_SIZE = 32
BACKGROUND = (255, 255, 255)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # how bright red, green and blue look: ITU-R BT.709
MAX_PIXELS = 50_000_000
LARGEST_SIDE = 1024
READABLE = "PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF"
# PIL knows forty more, some of which start other programs.
DECODERS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
# An image of 50 megapixels takes some 600 MB while it is decoded.
_DECODING = threading.BoundedSemaphore(2)

RESIZE_MODES = ("crop", "fit")


class ImageError(ValueError):
    """An upload that cannot become the network's input; the message says what would."""


def prepare(source: str | Path | bytes, resize_mode: str = "crop") -> UInt8[np.ndarray, "32 32 3"]:
    """What the network sees of an image: 32x32 RGB, sRGB values from 0 to 255.

    A 32x32 opaque 8-bit image passes unchanged. Everything else is turned upright (EXIF), reduced to its first frame
    and to 8 bits, laid on white where it is transparent, made square (`crop`: the largest centred square; `fit`: the
    whole image between white bars) and resized with PIL's antialiased bicubic filter.

    Raises ImageError if `source` is no image, is damaged, or has more than 50 million pixels.
    """
    return resize(read_rgb(source), resize_mode)


def read_rgb(source: str | Path | bytes) -> Image.Image:
    """The image in a file (or in the bytes of one), upright, opaque, 8-bit RGB, at its own size.

    Raises ImageError as `prepare` does.
    """
    with _DECODING:
        return _decode(source)


def _decode(source: str | Path | bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=DECODERS) as image:
            _check_size(*image.size)
            image.load()
            upright = ImageOps.exif_transpose(image)
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {source!r}.") from error
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large()) from error
    except Exception as error:  # PIL's decoders raise nearly anything on damaged files: SyntaxError, IndexError, ...
        raise ImageError(f"This file could not be read as a picture; use an undamaged {READABLE} file.") from error
    return to_rgb(upright)


def to_rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB of any PIL image; transparency is composited on white.

    Raises ImageError for values that have no agreed meaning as brightness, such as infinite ones.
    """
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.has_transparency_data:
        backdrop = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        image = Image.alpha_composite(backdrop, image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def resize(image: Image.Image, resize_mode: str = "crop") -> UInt8[np.ndarray, "32 32 3"]:
    """An RGB image of any size and shape as 32x32 pixels; an image of this size is unchanged.

    Raises ImageError for an unknown resize mode.
    """
    if resize_mode not in RESIZE_MODES:
        raise ImageError(f"Unknown way to make a picture square: {resize_mode!r}. Allowed: {', '.join(RESIZE_MODES)}.")
    if image.size == (INPUT_SIZE, INPUT_SIZE):
        return np.array(image)
    return np.array(to_square(image, resize_mode).resize((INPUT_SIZE, INPUT_SIZE), Image.Resampling.BICUBIC))


def to_square(image: Image.Image, resize_mode: str) -> Image.Image:
    """The largest centred square (`crop`), or the whole image centred on white (`fit`)."""
    width, height = image.size
    if resize_mode == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    # Reduce first: bars around a panorama would otherwise square its pixels, and with them the memory.
    scale = INPUT_SIZE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = Image.new("RGB", (INPUT_SIZE, INPUT_SIZE), BACKGROUND)
    canvas.paste(
        image.resize(size, Image.Resampling.BICUBIC), ((INPUT_SIZE - size[0]) // 2, (INPUT_SIZE - size[1]) // 2)
    )
    return canvas


def share_cropped(source: str | Path | bytes) -> float:
    """How much of an image `crop` leaves out, in [0, 1), by its stated size: nothing is decoded.

    Raises ImageError if it is no image.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=DECODERS) as image:
            return 1 - min(image.size) / max(image.size)
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageError(f"That could not be read as a picture ({type(error).__name__}).") from error


def prepare_large(source: str | Path | bytes, resize_mode: str = "crop", limit: int = LARGEST_SIDE) -> Image.Image:
    """The square of an image that `prepare` takes, at its own resolution, its sides at most `limit` pixels.

    Raises ImageError as `prepare` does.
    """
    image = read_rgb(source)
    if resize_mode == "crop":
        image = to_square(image, resize_mode)
    image.thumbnail((limit, limit), Image.Resampling.BICUBIC)
    return ImageOps.pad(image, (max(image.size),) * 2, color=BACKGROUND)


def to_tensor(pixels: UInt8[np.ndarray, "batch 32 32 3"]) -> Float[Tensor, "batch 3 32 32"]:
    """Pixels as the float32 images in [0, 1] that `CifarResNet` takes."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32)) / 255


def to_pixels(image: Float[Tensor, "1 3 height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """The inverse of `to_tensor`, for one image of any size: values in [0, 1] as the nearest of 0 to 255."""
    return (image[0] * 255).round().byte().permute(1, 2, 0).numpy(force=True)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(_too_large(f"{width}x{height} is"))


def _too_large(subject: str = "That is") -> str:
    return f"{subject} more than the {MAX_PIXELS // 1_000_000} megapixels that are accepted; send a smaller picture."


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or float, as 8-bit grey: integers from 0 to 65535, floats from 0 to 1."""
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise ImageError("This picture holds values that are infinite or not numbers; save it as 8-bit PNG first.")
    full = 1.0 if image.mode == "F" else 65535.0
    if values.min() < 0 or values.max() > full:
        raise ImageError(
            f"This picture's brightness runs from {values.min():g} to {values.max():g}, outside 0 to {full:g}; "
            "save it as 8-bit PNG first."
        )
    return Image.fromarray(np.rint(values * np.float32(255 / full)).astype(np.uint8))
