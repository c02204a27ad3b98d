"""What the rows show: pictures, and how they look in sRGB if their numbers are those of another space."""

import numpy as np
from PIL import ImageCms

from model.uploads.profiles import PRIMARIES, matrix_profile
from tests.model.uploads.table.writers import grey_scene, scene

SCENE = scene()
TALL = np.concatenate([SCENE, 255 - SCENE[:16]])
WORDS = SCENE.astype(np.uint16) * 257
GREY_WORDS = grey_scene(65536)
GREY_LEVELS = np.rint(GREY_WORDS / 257).astype(np.uint8)
ALPHA = np.where(np.arange(32) < 16, 255, 0).astype(np.uint8) * np.ones((32, 1), np.uint8)
CUT_OUT = np.dstack([SCENE, ALPHA])
ON_WHITE = np.where(ALPHA[..., None] == 255, SCENE, 255).astype(np.uint8)
ADOBE_RGB = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
# Linear light of these primaries in sRGB's, rows by rows: published for D65, to four places.
FROM_P3 = np.array([[1.2249, -0.2249, 0], [-0.0420, 1.0420, 0], [-0.0197, -0.0786, 1.0983]])
FROM_ADOBE = np.array([[1.3984, -0.3984, 0], [0, 1, 0], [0, -0.0429, 1.0429]])
P3_PROFILE = matrix_profile(PRIMARIES[12])
ADOBE_PROFILE = matrix_profile(ADOBE_RGB, lambda signal: signal**2.2)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def light(levels: np.ndarray) -> np.ndarray:
    return np.where(levels <= 10.31, levels / 255 / 12.92, ((levels / 255 + 0.055) / 1.055) ** 2.4)


def levels(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


IN_P3 = levels(light(SCENE) @ FROM_P3.T)
IN_ADOBE = levels((SCENE / 255) ** 2.2 @ FROM_ADOBE.T)
LARGE = scene(96)
GREY = grey_scene()


def stored(picture: np.ndarray, orientation: int) -> np.ndarray:
    """How a camera that was held so stores what is upright (EXIF 2.3, tag 274)."""
    turned = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.swapaxes(0, 1),
        6: np.rot90(picture, 1),
        7: picture[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(picture, -1),
    }
    return np.ascontiguousarray(turned[orientation])
