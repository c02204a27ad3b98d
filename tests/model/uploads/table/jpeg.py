"""JPEG, and how cameras turn pictures, in every format that can say so."""

import numpy as np
from PIL import Image

from tests.model.uploads.table import Upload, saved
from tests.model.uploads.table.scenes import (
    ADOBE_PROFILE,
    IN_ADOBE,
    IN_P3,
    P3_PROFILE,
    SCENE,
    SRGB_PROFILE,
    TALL,
    stored,
)
from tests.model.uploads.table.writers import (
    grey_scene,
    ink_profile,
)


def jpeg_rows() -> list[Upload]:
    best = {"quality": 100, "subsampling": 0}
    inks = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    black = Image.new("CMYK", (32, 32), (0, 0, 0, 255))
    red = np.full((32, 32, 3), (255, 0, 0))
    lab_red = np.full((32, 32, 3), (255, 108, 55))  # L* 66.7, a* and b* 60, by the formulas of CIE and IEC
    profiles = [
        ("sRGB", SRGB_PROFILE, SCENE),
        ("Display P3", P3_PROFILE, IN_P3),
        ("Adobe RGB", ADOBE_PROFILE, IN_ADOBE),
        ("cut off", P3_PROFILE[:300], SCENE),
    ]
    rows = [
        Upload("JPEG", "RGB 8", saved(SCENE, "JPEG", **best), SCENE, 1),
        Upload("JPEG", "RGB 8, subsampled", saved(SCENE, "JPEG", quality=95), SCENE, 3),
        Upload("JPEG", "RGB 8, progressive", saved(SCENE, "JPEG", progressive=True, **best), SCENE, 1),
        Upload("JPEG", "RGB 8, restarts", saved(SCENE, "JPEG", restart_marker_rows=1, **best), SCENE, 1),
        Upload("JPEG", "grey 8", saved(grey_scene(), "JPEG", quality=100), grey_scene(), 1),
        Upload("JPEG", "CMYK 8, inverted (Adobe)", saved(inks, "JPEG", quality=100), red, 1),
        Upload("JPEG", "CMYK 8, inverted (Adobe)", saved(black, "JPEG", quality=100), np.zeros((32, 32)), 1),
        Upload(
            "JPEG",
            "CMYK 8, inverted (Adobe)",
            saved(inks, "JPEG", quality=100, icc_profile=ink_profile(0, 60)),
            lab_red,
            1,
            profile="of ink",
        ),
    ]
    for name, content, expected in profiles:
        rows.append(Upload("JPEG", "RGB 8", saved(SCENE, "JPEG", icc_profile=content, **best), expected, 1.6, name))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = saved(stored(TALL, orientation), "JPEG", exif=exif, **best)
        rows.append(Upload("JPEG", "RGB 8", content, TALL, 1, orientation=orientation))
        if orientation in (3, 6):
            content = saved(stored(TALL, orientation), "WEBP", exif=exif, lossless=True)
            rows.append(Upload("WebP", "RGB 8, lossless", content, TALL, 0, orientation=orientation))
            content = saved(stored(TALL, orientation), "PNG", exif=exif)
            rows.append(Upload("PNG", "RGB 8", content, TALL, 0, orientation=orientation))
            content = saved(stored(TALL, orientation), "TIFF", exif=exif)
            rows.append(Upload("TIFF", "RGB 8", content, TALL, 0, orientation=orientation))
    return rows
