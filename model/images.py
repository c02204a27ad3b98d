"""From whatever people upload to the network's input. This is the only preprocessing there is."""

import threading
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from torch import Tensor

from model.uploads.jpeg import ENOUGH
from model.uploads.limits import ImageError, too_large, unreadable
from model.uploads.reading import HEAD, browsers_show, read, size_of

INPUT_SIZE = 32
BACKGROUND = (255, 255, 255)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # how bright red, green and blue look: ITU-R BT.709
LARGEST_SIDE = 1024
# An image of 50 megapixels takes 0.4 to 1.2 GB while it is decoded; the most, in 16-bit colours with opacity.
_DECODING = threading.BoundedSemaphore(2)

RESIZE_MODES = ("crop", "fit")


def prepare(source: str | Path | bytes, resize_mode: str = "crop") -> UInt8[np.ndarray, "32 32 3"]:
    """What the network sees of an image: 32x32 RGB, sRGB values from 0 to 255.

    A 32x32 opaque 8-bit sRGB image passes unchanged. Everything else is turned upright (EXIF), reduced to its first
    frame that shows something and to 8 bits, converted to sRGB, laid on white where it is transparent, made square
    (`crop`: the largest centred square; `fit`: the whole image between white bars) and resized with PIL's antialiased
    bicubic filter. Large JPEGs are decoded at a half or a quarter of their size where that changes photographs by at
    most one of the 255 levels.

    Raises ImageError if `source` is no image, is damaged, or has more than 50 million pixels (a JPEG: 200 million).
    """
    return resize(read_rgb(source), resize_mode)


def read_rgb(source: str | Path | bytes, enough: int = ENOUGH) -> Image.Image:
    """The image in a file (or in the bytes of one), upright, opaque, 8-bit sRGB, at its own size; a large JPEG at a
    half or a quarter of it, if that leaves `enough` pixels of its shorter side or it has more than 50 million pixels.

    Raises ImageError as `prepare` does.
    """
    with _DECODING:
        return _decode(source, enough)


def _decode(source: str | Path | bytes, enough: int) -> Image.Image:
    try:
        return read(source if isinstance(source, bytes) else Path(source).read_bytes(), enough)
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {str(source)!r}.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(too_large()) from error
    except Exception as error:  # PIL's decoders raise nearly anything on damaged files: SyntaxError, IndexError, ...
        raise ImageError(unreadable()) from error


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

    Raises what PIL raises for a file that is no image.
    """
    width, height = size_of(source if isinstance(source, bytes) else Path(source).read_bytes())
    return 1 - min(width, height) / max(width, height)


def prepare_large(source: str | Path | bytes, resize_mode: str = "crop", limit: int = LARGEST_SIDE) -> Image.Image:
    """The square of an image that `prepare` takes, at its own resolution, its sides at most `limit` pixels.

    Raises ImageError as `prepare` does.
    """
    image = read_rgb(source, limit)
    if resize_mode == "crop":
        image = to_square(image, resize_mode)
    image.thumbnail((limit, limit), Image.Resampling.BICUBIC)
    return ImageOps.pad(image, (max(image.size),) * 2, color=BACKGROUND)


def preview_of(path: str | Path, limit: int = LARGEST_SIDE) -> Image.Image | None:
    """What browsers can show of an image that they do not know (HEIC, TIFF), its sides at most `limit` pixels; None of
    one that they do.

    Raises ImageError as `prepare` does.
    """
    with Path(path).open("rb") as file:
        if browsers_show(file.read(HEAD)):
            return None
    image = read_rgb(path)
    image.thumbnail((limit, limit), Image.Resampling.BICUBIC)
    return image


def to_tensor(pixels: UInt8[np.ndarray, "batch 32 32 3"]) -> Float[Tensor, "batch 3 32 32"]:
    """Pixels as the float32 images in [0, 1] that `CifarResNet` takes."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32)) / 255


def to_pixels(image: Float[Tensor, "1 3 height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """The inverse of `to_tensor`, for one image of any size: values in [0, 1] as the nearest of 0 to 255."""
    return (image[0] * 255).round().byte().permute(1, 2, 0).numpy(force=True)
