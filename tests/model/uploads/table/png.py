"""PNG: depths, kinds of colours, transparency, interlacing; and what its chunks say of colours."""

import functools
import struct
import zlib
from collections.abc import Callable

import numpy as np

from model.uploads.profiles import PRIMARIES, SRGB
from tests.model.uploads.table import Upload
from tests.model.uploads.table.scenes import (
    ADOBE_PROFILE,
    ALPHA,
    CUT_OUT,
    FROM_P3,
    GREY_LEVELS,
    GREY_WORDS,
    IN_ADOBE,
    IN_P3,
    ON_WHITE,
    P3_PROFILE,
    SCENE,
    SRGB_PROFILE,
    WORDS,
    levels,
    light,
)
from tests.model.uploads.table.writers import (
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
)

Row = tuple[str, bytes, np.ndarray]


def png_rows() -> list[Upload]:
    rows = []
    for interlaced, also in ((False, ""), (True, ", interlaced")):
        make = functools.partial(png, interlaced=interlaced)
        for depth, content, expected in [*_few_bits(make), *_many_bits(make)]:
            rows.append(Upload("PNG", f"{depth}{also}", lambda it=content: it, expected))
    return rows + _rows_of_twelve_bits()


def _few_bits(make: Callable[..., bytes]) -> list[Row]:
    rows = []
    for depth in (1, 2, 4, 8):
        grey = grey_scene(1 << depth)
        shown = grey * (255 // ((1 << depth) - 1))
        colours = np.random.default_rng(depth).integers(0, 256, (1 << depth, 3), dtype=np.uint8)
        palette = chunk(b"PLTE", colours.tobytes())
        second, first = chunk(b"tRNS", b"\0\1"), chunk(b"tRNS", b"\0")
        first_clear = np.where(grey[..., None] == 0, 255, colours[grey])
        rows += [
            (f"grey {depth}", make(grey, depth, GREY), shown),
            (f"grey {depth}, tRNS", make(grey, depth, GREY, second), np.where(grey == 1, 255, shown)),
            (f"palette {depth}", make(grey, depth, PALETTE, palette), colours[grey]),
            (f"palette {depth}, tRNS", make(grey, depth, PALETTE, palette, first), first_clear),
        ]
    return rows


def _many_bits(make: Callable[..., bytes]) -> list[Row]:
    with_alpha = np.dstack([WORDS, ALPHA.astype(np.uint16) * 257])
    key = chunk(b"tRNS", struct.pack(">3H", *WORDS[5, 5]))
    keyed = np.where((SCENE[5, 5] == SCENE).all(axis=-1, keepdims=True), 255, SCENE)
    grey_key = chunk(b"tRNS", struct.pack(">H", GREY_WORDS[5, 5]))
    grey_keyed = np.where(GREY_WORDS[5, 5] == GREY_WORDS, 255, GREY_LEVELS)
    return [
        ("RGB 8", make(SCENE, 8, RGB), SCENE),
        ("RGBA 8", make(CUT_OUT, 8, RGBA), ON_WHITE),
        ("grey and alpha 8", make(CUT_OUT[..., [0, 3]], 8, GREY_ALPHA), ON_WHITE[..., 0]),
        ("grey 16", make(GREY_WORDS, 16, GREY), GREY_LEVELS),
        ("grey 16, tRNS", make(GREY_WORDS, 16, GREY, grey_key), grey_keyed),
        ("RGB 16", make(WORDS, 16, RGB), SCENE),
        ("RGB 16, tRNS", make(WORDS, 16, RGB, key), keyed),
        ("RGBA 16", make(with_alpha, 16, RGBA), ON_WHITE),
        ("grey and alpha 16", make(with_alpha[..., [0, 3]], 16, GREY_ALPHA), ON_WHITE[..., 0]),
    ]


def _rows_of_twelve_bits() -> list[Upload]:
    raw, scaled = GREY_WORDS >> 4, (GREY_WORDS >> 4 << 4) | GREY_WORDS >> 12
    twelve, dark = chunk(b"sBIT", b"\x0c"), scaled >> 8 << 4
    colours = WORDS >> 4
    return [
        Upload("PNG", "grey 12 in 16 (sBIT)", lambda: png(raw, 16, GREY, twelve), GREY_LEVELS, 0.6),
        Upload("PNG", "RGB 12 in 16 (sBIT)", lambda: png(colours, 16, RGB, chunk(b"sBIT", b"\x0c" * 3)), SCENE, 0.6),
        Upload("PNG", "grey 12 scaled to 16 (sBIT)", lambda: png(scaled, 16, GREY, twelve), GREY_LEVELS, 0.6),
        Upload("PNG", "dark grey 12 scaled to 16 (sBIT)", lambda: png(dark, 16, GREY, twelve), dark / 257, 0.6),
    ]


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
