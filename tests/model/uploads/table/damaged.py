"""Damage that does not matter, damage that does, and what is no picture, or too large a one."""

import struct
import zlib

import numpy as np
from PIL import features

from tests.model.uploads.table import DAMAGED, Upload, saved
from tests.model.uploads.table.others import heic
from tests.model.uploads.table.scenes import (
    LARGE,
)
from tests.model.uploads.table.writers import (
    tiff,
)


def damaged_rows() -> list[Upload]:
    jpeg = saved(LARGE, "JPEG", quality=95)()
    progressive = saved(LARGE, "JPEG", quality=95, progressive=True)()
    found = [("JPEG", jpeg, 3), ("JPEG, progressive", progressive, 3)]
    rows = []
    for kind, whole, off in found:
        for damage, content in (
            ("no end mark", whole[:-2]),
            ("half an end mark", whole[:-1]),
            ("zeros for the end mark", whole[:-2] + bytes(2)),
            ("bytes after the end", whole + b"hello"),
        ):
            rows.append(Upload(kind, "RGB 8", lambda it=content: it, LARGE, off, damage=damage))
    png = saved(LARGE, "PNG")()
    rows += [
        Upload("PNG", "RGB 8", lambda: png[:-12], LARGE, damage="no IEND"),
        Upload("PNG", "RGB 8", lambda: png + b"hello", LARGE, damage="bytes after the end"),
        Upload("JPEG", "RGB 8", saved(LARGE, "JPEG", quality=95, exif=b"Exif\0\0broken"), LARGE, 3, damage="EXIF"),
    ]
    wholes = {"JPEG": jpeg, "JPEG, progressive": progressive, "PNG": png, "HEIC": heic(LARGE)()}
    wholes |= {
        kind: saved(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), kind)()
        for kind in ("WEBP", "GIF", "TIFF", "BMP")
    }
    if features.check("avif"):
        wholes["AVIF"] = saved(LARGE, "AVIF")()
    for kind, whole in wholes.items():
        for share in (0.3, 0.7):
            content = whole[: int(share * len(whole))]
            rows.append(Upload(kind, "8", lambda it=content: it, DAMAGED, damage=f"cut off at {share:.0%}"))
    nothing = {"empty": b"", "text": b"hello", "PNG's first bytes": b"\x89PNG\r\n\x1a\n", "SVG": b"<svg></svg>"}
    nothing |= {"EPS": saved(LARGE, "EPS")(), "PPM": saved(LARGE, "PPM")(), "JPEG's first bytes": b"\xff\xd8\xff\xe0"}
    rows += [
        Upload(kind, "-", lambda it=content: it, DAMAGED, damage="no picture") for kind, content in nothing.items()
    ]
    return rows + [
        Upload(kind, "8", lambda it=content: it, "megapixels", damage="too large") for kind, content in bombs()
    ]


def bombs() -> list[tuple[str, bytes]]:
    """Files that say they are larger than is accepted, and hold next to nothing."""
    sides = (60_000, 60_000)
    jpeg = saved(LARGE, "JPEG")()
    at = jpeg.index(b"\xff\xc0") + 5
    gif = saved(LARGE[..., 0], "GIF")()
    png = saved(LARGE, "PNG")()
    bmp = saved(LARGE, "BMP")()
    header = png[12:16] + struct.pack(">II", *sides) + png[24:29]
    png = png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]
    return [
        ("JPEG", jpeg[:at] + struct.pack(">HH", 20_000, 20_000) + jpeg[at + 4 :]),
        ("GIF", gif[:6] + struct.pack("<HH", *sides) + gif[10:]),
        ("PNG", png),
        ("BMP", bmp[:18] + struct.pack("<II", *sides) + bmp[26:]),
        ("TIFF", tiff(np.zeros((8, 8), np.uint8), 1, tags={256: ("I", (60_000,)), 257: ("I", (60_000,))})),
    ]
