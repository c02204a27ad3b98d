"""TIFF: depths, byte orders, planes, photometrics, compressions."""

import numpy as np
from PIL import Image

from tests.model.uploads.table import DAMAGED, Upload, saved
from tests.model.uploads.table.scenes import (
    CUT_OUT,
    GREY,
    GREY_LEVELS,
    GREY_WORDS,
    IN_P3,
    ON_WHITE,
    P3_PROFILE,
    SCENE,
    WORDS,
)
from tests.model.uploads.table.writers import (
    tiff,
)

WHITE_IS_ZERO, BLACK_IS_ZERO, IN_RGB, IN_INK, IN_YCBCR = 0, 1, 2, 5, 6


def tiff_rows() -> list[Upload]:
    rows = []
    for order, named in (("<", ""), (">", ", Motorola")):
        for packed, also in ((False, ""), (True, ", deflated")):
            how = {"order": order, "packed": packed}
            float_grey = (GREY_WORDS / 65535).astype(np.float32)
            inks = 255 - np.dstack([SCENE, np.full((32, 32), 255, np.uint8)])
            word_inks = inks.astype(np.uint16) * 257
            cut = np.dstack([WORDS, CUT_OUT[..., 3].astype(np.uint16) * 257])
            alpha = {338: ("H", (2,))}
            luma = np.asarray(Image.fromarray(SCENE).convert("YCbCr"))
            unsubsampled = {530: ("H", (1, 1))}
            kinds = [
                ("grey 8", tiff(GREY, BLACK_IS_ZERO, **how), GREY, 0),
                ("grey 8, white is zero", tiff(255 - GREY, WHITE_IS_ZERO, **how), GREY, 0),
                ("grey 16", tiff(GREY_WORDS, BLACK_IS_ZERO, **how), GREY_LEVELS, 0),
                ("grey 16, white is zero", tiff(65535 - GREY_WORDS, WHITE_IS_ZERO, **how), GREY_LEVELS, 0),
                ("float 32", tiff(float_grey, BLACK_IS_ZERO, kind=3, **how), GREY_LEVELS, 0.1),
                ("float 32, white is zero", tiff(1 - float_grey, WHITE_IS_ZERO, kind=3, **how), GREY_LEVELS, 0.1),
                ("signed 32", tiff(GREY_WORDS.astype(np.int32), BLACK_IS_ZERO, kind=2, **how), GREY_LEVELS, 0),
                ("RGB 8", tiff(SCENE, IN_RGB, **how), SCENE, 0),
                ("RGB 8, planar", tiff(SCENE, IN_RGB, separate=True, **how), SCENE, 0),
                ("RGB 16", tiff(WORDS, IN_RGB, **how), SCENE, 0),
                ("RGB 16, planar", tiff(WORDS, IN_RGB, separate=True, **how), SCENE, 0),
                ("RGBA 16", tiff(cut, IN_RGB, tags=alpha, **how), ON_WHITE, 0),
                ("CMYK 8", tiff(inks, IN_INK, **how), SCENE, 0),
                ("CMYK 16", tiff(word_inks, IN_INK, **how), SCENE, 0),
                ("YCbCr 8", tiff(luma, IN_YCBCR, tags=unsubsampled, **how), SCENE, 1.5),
            ]
            for depth, content, expected, within in kinds:
                rows.append(Upload("TIFF", f"{depth}{also}{named}", lambda it=content: it, expected, within))
    return rows + _tiff_scales() + _tiff_compressions()


def _tiff_scales() -> list[Upload]:
    raw, dark = GREY_WORDS >> 4, np.minimum(GREY_WORDS, 900)
    colours = WORDS >> 4
    floats = GREY_LEVELS.astype(np.float32)
    kinds = [
        ("grey 12 packed", tiff(raw, BLACK_IS_ZERO, bits=12), GREY_LEVELS, 0.6),
        ("grey 12 in 16 (MaxSampleValue)", tiff(raw, 1, tags={281: ("H", (4095,))}), GREY_LEVELS, 0.6),
        ("grey 12 in 16 (SMaxSampleValue)", tiff(raw, 1, tags={341: ("H", (4095,))}), GREY_LEVELS, 0.6),
        ("grey 12 in 16, white is zero", tiff(4095 - raw, 0, tags={341: ("H", (4095,))}), GREY_LEVELS, 0.6),
        (
            "grey 12 in 16, up to 4000 (MaxSampleValue)",
            tiff(np.minimum(raw, 4000), 1, tags={281: ("H", (4000,))}),
            np.minimum(GREY_LEVELS, 249),
            0.6,
        ),
        ("RGB 12 in 16 (MaxSampleValue)", tiff(colours, 2, tags={281: ("H", (4095,) * 3)}), SCENE, 0.6),
        ("RGB 12 in 16, planar", tiff(colours, 2, separate=True, tags={281: ("H", (4095,) * 3)}), SCENE, 0.6),
        ("grey 16 of which 10 are used, says nothing", tiff(dark, 1), np.rint(dark / 257), 0),
        ("grey 16 brighter than it says", tiff(GREY_WORDS, 1, tags={341: ("H", (4095,))}), GREY_LEVELS, 0),
        ("float 32 up to 255 (SMaxSampleValue)", tiff(floats, 1, kind=3, tags={341: ("f", (255.0,))}), GREY_LEVELS, 0),
    ]
    rows = [Upload("TIFF", depth, lambda it=content: it, right, off) for depth, content, right, off in kinds]
    planes = tiff(colours, 2, separate=True, packed=True, tags={281: ("H", (4095,) * 3)})
    half = tiff(np.zeros((8, 8, 3), np.float32), 2, kind=3)
    infinite = tiff(np.full((8, 8), np.inf, np.float32), 1, kind=3)
    return [
        *rows,
        Upload("TIFF", "RGB 12 in 16, planar, deflated", lambda: planes, "save it as PNG first."),
        Upload("TIFF", "RGB float 32", lambda: half, DAMAGED),
        Upload("TIFF", "float 32", lambda: infinite, "save it as 8-bit PNG first.", damage="infinite"),
    ]


def _tiff_compressions() -> list[Upload]:
    rows = []
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd", "lzma"):
        rows.append(Upload("TIFF", f"RGB 8, {compression}", saved(SCENE, "TIFF", compression=compression), SCENE))
    two = Image.fromarray(GREY > 127)
    for compression in ("group3", "group4", "packbits"):
        content = saved(two, "TIFF", compression=compression)
        rows.append(Upload("TIFF", f"1 bit, {compression}", content, np.where(GREY > 127, 255, 0)))
    jpeg = saved(SCENE, "TIFF", compression="jpeg", quality=100)
    palette = Image.fromarray(SCENE).quantize(32)
    lab = Image.new("LAB", (32, 32), (138, 209, 198))  # L* 54, a* 81, b* 70: as good as sRGB's red
    return [
        *rows,
        Upload("TIFF", "RGB 8, jpeg", jpeg, SCENE, 2),
        Upload("TIFF", "palette 8", saved(palette, "TIFF"), np.asarray(palette.convert("RGB"))),
        Upload("TIFF", "RGBA 8", saved(CUT_OUT, "TIFF"), ON_WHITE),
        Upload("TIFF", "Lab 8", saved(lab, "TIFF"), np.full((32, 32, 3), (255, 0, 0)), 5),
        Upload("TIFF", "RGB 8", saved(SCENE, "TIFF", icc_profile=P3_PROFILE), IN_P3, 0.6, profile="Display P3"),
    ]
