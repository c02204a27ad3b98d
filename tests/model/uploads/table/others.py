"""WebP, GIF, BMP, HEIC and AVIF."""

import io

import numpy as np
import pillow_heif
from PIL import Image, features

from tests.model.uploads.table import Upload, saved
from tests.model.uploads.table.scenes import (
    CUT_OUT,
    GREY,
    IN_P3,
    LARGE,
    ON_WHITE,
    P3_PROFILE,
    SCENE,
    SRGB_PROFILE,
    WORDS,
)


def other_rows() -> list[Upload]:
    grey = Image.fromarray(GREY)
    palette = Image.fromarray(SCENE).quantize(64)
    in_palette = np.asarray(palette.convert("RGB"))
    lossless = {"lossless": True, "exact": True}
    profile = {"icc_profile": P3_PROFILE}
    rows = [
        Upload("WebP", "RGB 8, lossless", saved(SCENE, "WEBP", **lossless), SCENE),
        Upload("WebP", "RGBA 8, lossless", saved(CUT_OUT, "WEBP", **lossless), ON_WHITE),
        Upload("WebP", "RGB 8, lossy", saved(LARGE, "WEBP", quality=95), LARGE, 3),
        Upload("WebP", "RGBA 8, lossy", saved(CUT_OUT, "WEBP", quality=95), ON_WHITE, 5),
        Upload("WebP", "RGB 8, lossless", saved(SCENE, "WEBP", **lossless, **profile), IN_P3, 0.6, "Display P3"),
        Upload("GIF", "palette", saved(palette, "GIF"), in_palette),
        Upload("GIF", "palette, interlaced", saved(palette, "GIF", interlace=True), in_palette),
        Upload("GIF", "grey", saved(grey, "GIF"), GREY),
        Upload("BMP", "1", saved(Image.fromarray(GREY > 127), "BMP"), np.where(GREY > 127, 255, 0)),
        Upload("BMP", "grey 8", saved(grey, "BMP"), GREY),
        Upload("BMP", "palette 8", saved(palette, "BMP"), in_palette),
        Upload("BMP", "RGB 8", saved(SCENE, "BMP"), SCENE),
        Upload("BMP", "RGB and unused 8", saved(CUT_OUT, "BMP"), SCENE),
        Upload("HEIC", "RGB 8", heic(LARGE), LARGE, 2),
        Upload("HEIC", "RGB 8", heic(LARGE, icc_profile=SRGB_PROFILE), LARGE, 2, "sRGB"),
        Upload("HEIC", "RGB 8", heic(SCENE, icc_profile=P3_PROFILE), IN_P3, 2, "Display P3"),
        Upload(
            "HEIC", "RGB 8", heic(SCENE, color_primaries=12, transfer_characteristics=13), IN_P3, 2, "P3 by numbers"
        ),
        Upload("HEIC", "grey 8", heic(GREY), GREY, 2),
        Upload("HEIC", "RGBA 8", heic(CUT_OUT), ON_WHITE, 2),
        Upload("HEIC", "RGB 10", heic(WORDS), SCENE, 2),
    ]
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = heic(np.ascontiguousarray(np.rot90(LARGE)), exif=exif.tobytes())
    rows.append(Upload("HEIC", "RGB 8", turned, LARGE, 2, orientation=6))
    if features.check("avif"):
        best = {"quality": 95, "subsampling": "4:4:4"}
        sideways = saved(np.ascontiguousarray(np.rot90(LARGE)), "AVIF", exif=exif, **best)
        rows += [
            Upload("AVIF", "RGB 8", saved(LARGE, "AVIF", **best), LARGE, 2),
            Upload("AVIF", "RGBA 8", saved(CUT_OUT, "AVIF", **best), ON_WHITE, 3),
            Upload("AVIF", "RGB 8", saved(SCENE, "AVIF", **best, **profile), IN_P3, 2, "Display P3"),
            Upload("AVIF", "RGB 8", sideways, LARGE, 2, orientation=6),
        ]
    return rows


def heic(pixels: np.ndarray, **options: object):
    def write() -> bytes:
        mode = {2: "L", 3: "RGB", 4: "RGBA"}[pixels.shape[-1] if pixels.ndim == 3 else 2]
        if pixels.dtype == np.uint16:
            file, mode = pillow_heif.HeifFile(), "RGB;16"
            file.add_frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
        else:
            file = pillow_heif.from_pillow(Image.fromarray(pixels, mode if mode == "L" else None))
        written = io.BytesIO()
        file.save(written, quality=-1, chroma=444, matrix_coefficients=1, **options)
        return written.getvalue()

    return write
