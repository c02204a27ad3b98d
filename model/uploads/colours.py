"""Any file's colours as sRGB: by its ICC profile, or by what else it says of them."""

import contextlib
import io
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image, ImageChops, ImageCms

from model.uploads.depths import Curve
from model.uploads.png import Told
from model.uploads.profiles import matrix_profile, profile_of_code_points

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# A profile that moves no colour further is one of the many of sRGB itself, and the picture stays as it is.
ROUNDING = 2
STEPS = 9
# PNG writes sRGB's curve, which is no power, as a gamma of 1/2.2, and counts every other gamma from there.
DISPLAY_GAMMA = 2.2
USUAL_GAMMA = (0.44, 0.47)
MODES = {"GRAY": ("L",), "RGB": ("RGB", "RGBA"), "CMYK": ("CMYK",)}


@dataclass(frozen=True)
class Colours:
    """What a file says of its colours: first a curve for each of them, then a profile for all three."""

    profile: bytes | None = None
    curve: Curve | None = None


def colours_of_png(told: Told) -> Colours:
    """What goes before what: Portable Network Graphics, third edition, 4.3."""
    if told.code_points is not None:
        return Colours(profile_of_code_points(*told.code_points))
    if told.profile is not None or told.srgb:
        return Colours(told.profile)
    primaries = matrix_profile(told.chromaticities) if told.chromaticities else None
    if told.gamma is None or USUAL_GAMMA[0] <= told.gamma <= USUAL_GAMMA[1]:
        return Colours(primaries)
    exponent = 1 / (told.gamma * DISPLAY_GAMMA)
    return Colours(primaries, lambda signal: signal**exponent)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, grey, RGB or RGBA. A profile that is broken, or not for such a picture, is passed over."""
    image = _without_palette(image)
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return ImageCms.ImageCmsTransform(lab, SRGB, "LAB", "RGB").apply(image)
    if profile is not None:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            image = _converted(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    return image.convert("RGB") if image.mode == "CMYK" else image


def _without_palette(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB") and "transparency" not in image.info:
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def through(image: Image.Image, curve: Curve) -> Image.Image:
    """Each colour through the curve, opacity as it is."""
    table = np.rint(255 * curve(np.arange(256) / 255)).astype(int).tolist()
    image = _without_palette(image)
    opacity = list(range(256)) if image.mode in ("LA", "RGBA") else []
    return image.point(table * (len(image.getbands()) - bool(opacity)) + opacity)


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    space = profile.profile.xcolor_space.strip()
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if space == "GRAY" and image.mode == "LA":
        image = image.convert("L")
    elif space == "RGB" and image.mode in ("L", "LA"):
        image = image.convert("RGB")
    if image.mode not in MODES.get(space, ()):
        return image
    if space != "CMYK" and _moves_nothing(profile, image.mode):
        return image if alpha is None else _with(image, alpha)
    converted = _transform(profile, image.mode, "RGBA" if image.mode == "RGBA" else "RGB").apply(image)
    return converted if alpha is None else _with(converted, alpha)


def _with(image: Image.Image, alpha: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(alpha)
    return image


def _transform(profile: ImageCms.ImageCmsProfile, mode: str, target: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.ImageCmsTransform(profile, SRGB, mode, target, ImageCms.Intent.PERCEPTUAL)


def _moves_nothing(profile: ImageCms.ImageCmsProfile, mode: str) -> bool:
    """Whether colours all over the cube stay where they are."""
    if mode == "L":
        probe = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    else:
        levels = np.linspace(0, 255, STEPS).astype(np.uint8)
        probe = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(STEPS, -1, 3))
    moved = ImageChops.difference(_transform(profile, probe.mode, "RGB").apply(probe), probe.convert("RGB"))
    extrema = cast(tuple[tuple[int, int], ...], moved.getextrema())
    return all(highest <= ROUNDING for _, highest in extrema)
