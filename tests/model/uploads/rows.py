"""The rows of the table of uploads, made here: no file of them is kept."""

import functools
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from model.uploads.profiles import PRIMARIES, SRGB, matrix_profile
from tests.model.uploads.table import DAMAGED, Upload, saved
from tests.model.uploads.writers import (
    GREY,
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGBA,
    chunk,
    grey_profile,
    grey_scene,
    ink_profile,
    png,
    scene,
    tiff,
)

SCENE = scene()
LARGE = scene(64)
TALL = np.concatenate([SCENE, 255 - SCENE[:16]])
WORDS = SCENE.astype(np.uint16) * 257
GREY_WORDS = grey_scene(65536)
GREY_LEVELS = np.rint(GREY_WORDS / 257).astype(np.uint8)
ALPHA = np.where(np.arange(32) < 16, 255, 0).astype(np.uint8) * np.ones((32, 1), np.uint8)
CUT_OUT = np.dstack([SCENE, ALPHA])
ON_WHITE = np.where(ALPHA[..., None] == 255, SCENE, 255).astype(np.uint8)
CLEAR = np.zeros_like(CUT_OUT)
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
IN_P3_PRIMARIES_OF_SRGB_CURVE = IN_P3


def png_rows() -> list[Upload]:
    rows = []
    for interlaced, also in ((False, ""), (True, ", interlaced")):
        make = functools.partial(png, interlaced=interlaced)
        for depth in (1, 2, 4, 8):
            grey = grey_scene(1 << depth)
            shown = grey * (255 // ((1 << depth) - 1))
            clear = np.where(grey == 1, 255, shown)
            first = chunk(b"tRNS", b"\0\1")
            rows.append(Upload("PNG", f"grey {depth}{also}", functools.partial(make, grey, depth, GREY), shown))
            rows.append(
                Upload("PNG", f"grey {depth}, tRNS{also}", functools.partial(make, grey, depth, GREY, first), clear)
            )
            entries = np.random.default_rng(depth).integers(0, 256, (1 << depth, 3), dtype=np.uint8)
            palette = chunk(b"PLTE", entries.tobytes())
            rows.append(
                Upload(
                    "PNG", f"palette {depth}{also}", functools.partial(make, grey, depth, PALETTE, palette), entries[grey]
                )
            )
            seen = np.where(grey[..., None] == 0, 255, entries[grey])
            clear_palette = functools.partial(make, grey, depth, PALETTE, palette, chunk(b"tRNS", b"\0"))
            rows.append(Upload("PNG", f"palette {depth}, tRNS{also}", clear_palette, seen))
        words_alpha = np.dstack([WORDS, ALPHA.astype(np.uint16) * 257])
        key = chunk(b"tRNS", struct.pack(">3H", *WORDS[5, 5]))
        keyed = np.where((SCENE == SCENE[5, 5]).all(axis=-1, keepdims=True), 255, SCENE)
        grey_key = chunk(b"tRNS", struct.pack(">H", GREY_WORDS[5, 5]))
        grey_keyed = np.where(GREY_WORDS == GREY_WORDS[5, 5], 255, GREY_LEVELS)
        grey_alpha = np.dstack([SCENE[..., 0], ALPHA])
        rows += [
            Upload("PNG", f"RGB 8{also}", functools.partial(make, SCENE, 8, RGB), SCENE),
            Upload("PNG", f"RGBA 8{also}", functools.partial(make, CUT_OUT, 8, RGBA), ON_WHITE),
            Upload("PNG", f"grey and alpha 8{also}", functools.partial(make, grey_alpha, 8, GREY_ALPHA), ON_WHITE[..., 0]),
            Upload("PNG", f"grey 16{also}", functools.partial(make, GREY_WORDS, 16, GREY), GREY_LEVELS),
            Upload("PNG", f"grey 16, tRNS{also}", functools.partial(make, GREY_WORDS, 16, GREY, grey_key), grey_keyed),
            Upload("PNG", f"RGB 16{also}", functools.partial(make, WORDS, 16, RGB), SCENE),
            Upload("PNG", f"RGB 16, tRNS{also}", functools.partial(make, WORDS, 16, RGB, key), keyed),
            Upload("PNG", f"RGBA 16{also}", functools.partial(make, words_alpha, 16, RGBA), ON_WHITE),
            Upload(
                "PNG",
                f"grey and alpha 16{also}",
                functools.partial(make, words_alpha[..., [0, 3]], 16, GREY_ALPHA),
                ON_WHITE[..., 0],
            ),
        ]
    raw, scaled = GREY_WORDS >> 4, (GREY_WORDS >> 4 << 4) | GREY_WORDS >> 12
    twelve, dark = chunk(b"sBIT", b"\x0c"), scaled >> 8 << 4
    colours = WORDS >> 4
    rows += [
        Upload("PNG", "grey 12 in 16 (sBIT)", lambda: png(raw, 16, GREY, twelve), GREY_LEVELS, 0.6),
        Upload("PNG", "RGB 12 in 16 (sBIT)", lambda: png(colours, 16, RGB, chunk(b"sBIT", b"\x0c" * 3)), SCENE, 0.6),
        Upload("PNG", "grey 12 scaled to 16 (sBIT)", lambda: png(scaled, 16, GREY, twelve), GREY_LEVELS, 0.6),
        Upload("PNG", "dark grey 12 scaled to 16 (sBIT)", lambda: png(dark, 16, GREY, twelve), dark / 257, 0.6),
    ]
    return rows


def png_colour_rows() -> list[Upload]:
    def gamma(value: float) -> bytes:
        return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))

    def points(values: tuple[float, ...]) -> bytes:
        return chunk(b"cHRM", struct.pack(">8I", *(round(each * 100_000) for each in values)))

    def profile(content: bytes) -> bytes:
        return chunk(b"iCCP", b"named\0\0" + zlib.compress(content))

    linear = np.rint(65535 * (SCENE / 255) ** 2.2).astype(np.uint16)
    linear_eight = np.rint(linear / 257).astype(np.uint8)
    cut = np.dstack([linear_eight, ALPHA])
    entries = np.random.default_rng(7).integers(0, 256, (256, 3), dtype=np.uint8)
    index = grey_scene()
    p3_entries = levels(light(entries) @ FROM_P3.T)[index]
    srgb = chunk(b"sRGB", b"\0")
    rows = [
        ("RGB 16", "gamma 1", lambda: png(linear, 16, RGB, gamma(1)), SCENE, 0.5),
        ("grey 16", "gamma 1", lambda: png(linear[..., 0], 16, GREY, gamma(1)), SCENE[..., 0], 0.5),
        ("RGB 8", "gamma 1", lambda: png(linear_eight, 8, RGB, gamma(1)), SCENE, 1.5),
        ("RGBA 8", "gamma 1", lambda: png(cut, 8, RGBA, gamma(1)), ON_WHITE, 1.5),
        ("RGB 8", "gamma 1/2.2", lambda: png(SCENE, 8, RGB, gamma(0.45455)), SCENE, 0),
        ("RGB 8", "gamma 1 but sRGB", lambda: png(SCENE, 8, RGB, gamma(1), srgb), SCENE, 0),
        ("RGB 8", "gamma 0", lambda: png(SCENE, 8, RGB, gamma(0)), SCENE, 0),
        ("RGB 8", "primaries of sRGB", lambda: png(SCENE, 8, RGB, gamma(0.45455), points(SRGB)), SCENE, 0),
        ("RGB 8", "primaries of P3", lambda: png(SCENE, 8, RGB, gamma(0.45455), points(PRIMARIES[12])), IN_P3, 0.6),
        ("RGB 8", "primaries all 0", lambda: png(SCENE, 8, RGB, points((0,) * 8)), SCENE, 0),
        ("RGB 8", "code points of P3", lambda: png(SCENE, 8, RGB, chunk(b"cICP", b"\x0c\x0d\0\1")), IN_P3, 0.6),
        ("RGB 8", "code points of sRGB", lambda: png(SCENE, 8, RGB, chunk(b"cICP", b"\1\x0d\0\1")), SCENE, 0),
        ("RGB 8", "sRGB", lambda: png(SCENE, 8, RGB, profile(SRGB_PROFILE)), SCENE, 0),
        ("RGB 8", "Display P3", lambda: png(SCENE, 8, RGB, profile(P3_PROFILE)), IN_P3, 0.6),
        ("RGB 8", "Adobe RGB", lambda: png(SCENE, 8, RGB, profile(ADOBE_PROFILE)), IN_ADOBE, 0.6),
        ("RGB 16", "Display P3", lambda: png(WORDS, 16, RGB, profile(P3_PROFILE)), IN_P3, 0.6),
        (
            "RGBA 8",
            "Display P3",
            lambda: png(CUT_OUT, 8, RGBA, profile(P3_PROFILE)),
            np.where(ALPHA[..., None] == 255, IN_P3, 255),
            0.6,
        ),
        (
            "palette 8",
            "Display P3",
            lambda: png(index, 8, PALETTE, profile(P3_PROFILE), chunk(b"PLTE", entries.tobytes())),
            p3_entries,
            0.6,
        ),
        ("grey 8", "grey, gamma 1", lambda: png(index, 8, GREY, profile(grey_profile(1))), levels(index / 255), 0.6),
        ("grey 8", "Display P3", lambda: png(index, 8, GREY, profile(P3_PROFILE)), index, 0.6),
        ("RGB 8", "of ink", lambda: png(SCENE, 8, RGB, profile(ink_profile(20, 60))), SCENE, 0),
        ("RGB 8", "cut off", lambda: png(SCENE, 8, RGB, profile(P3_PROFILE[:200])), SCENE, 0),
        ("RGB 8", "no profile at all", lambda: png(SCENE, 8, RGB, profile(b"hello")), SCENE, 0),
        ("RGB 8", "not packed", lambda: png(SCENE, 8, RGB, chunk(b"iCCP", b"named\0\0hello")), SCENE, 0),
        ("RGB 8", "packed unknown", lambda: png(SCENE, 8, RGB, chunk(b"iCCP", b"named\0\7hello")), SCENE, 0),
        ("RGB 8", "wrong sum", lambda: png(SCENE, 8, RGB, profile(P3_PROFILE)[:-1] + b"?"), SCENE, 0),
        ("RGB 8", "of 40 MB", lambda: png(SCENE, 8, RGB, profile(bytes(40_000_000))), SCENE, 0),
    ]
    return [Upload("PNG", depth, content, right, off, profile=named) for depth, named, content, right, off in rows]


def jpeg_rows() -> list[Upload]:
    best = {"quality": 100, "subsampling": 0}
    inks = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    black = Image.new("CMYK", (32, 32), (0, 0, 0, 255))
    red, lab_red = np.full((32, 32, 3), (255, 0, 0)), np.full((32, 32, 3), (255, 65, 0))
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
            saved(black, "JPEG", quality=100, icc_profile=ink_profile(20, 60)),
            np.full((32, 32), 48),
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
    del lab_red
    return rows


def stored(picture: np.ndarray, orientation: int) -> np.ndarray:
    """How a camera that was held so stores what is upright (EXIF 2.3, tag 274)."""
    if orientation >= 5:
        picture = picture.swapaxes(0, 1)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    if orientation in (6, 8):
        down, across = (1, -1)[:: 1 if orientation == 6 else -1]
        # The upright picture is got by a quarter turn; so the stored one by the opposite turn.
        return np.ascontiguousarray(np.rot90(picture.swapaxes(0, 1), 1 if orientation == 6 else -1))
    return np.ascontiguousarray(picture[::down, ::across])


ROWS: list[Upload] = [*png_rows(), *png_colour_rows(), *jpeg_rows()]
pillow_heif, tiff, DAMAGED, LARGE, CLEAR  # noqa: B018
