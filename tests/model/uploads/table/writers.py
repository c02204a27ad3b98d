"""Writes PNG, TIFF and profiles of kinds that PIL does not write, and the picture that most of the table shows."""

import struct
import zlib

import numpy as np

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
TYPES = {"B": 1, "H": 3, "I": 4, "f": 11}


def scene(side: int = 32) -> np.ndarray:
    """Gradients in three directions, without symmetry: wherever it is turned or mirrored, it is another picture."""
    down, across = np.mgrid[:side, :side] / (side - 1)
    colours = np.stack([across, down, (across + 2 * down) / 3 * 0.8 + 0.1], axis=-1)
    return np.rint(255 * colours).astype(np.uint8)


def grey_scene(levels: int = 256) -> np.ndarray:
    """One channel of so many levels, from 0 to the last."""
    down, across = np.mgrid[:32, :32]
    return np.rint((across * 32 + down) / 1023 * (levels - 1)).astype(np.uint8 if levels <= 256 else np.uint16)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(samples: np.ndarray, depth: int, colour: int, *chunks: bytes, interlaced: bool = False) -> bytes:
    """A PNG of any depth, height x width (x channels), with these chunks before its pixels."""
    samples = samples.reshape(*samples.shape[:2], -1)
    height, width, _ = samples.shape
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = [
        b"\0" + _packed(row, depth)
        for left, top, step, line in passes
        for row in samples[top::line, left::step]
        if row.size
    ]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    pixels = zlib.compress(b"".join(rows))
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _packed(row: np.ndarray, depth: int) -> bytes:
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = np.unpackbits(row.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - depth :]
    return np.packbits(bits).tobytes()


def tiff(
    samples: np.ndarray,
    photometric: int,
    *,
    bits: int | None = None,
    order: str = "<",
    separate: bool = False,
    packed: bool = False,
    kind: int = 1,
    tags: dict[int, tuple[str, tuple]] | None = None,
) -> bytes:
    """A TIFF of one strip (or one for each plane). `kind`: 1 unsigned, 2 signed, 3 float."""
    samples = samples.reshape(*samples.shape[:2], -1).astype(samples.dtype.newbyteorder(order))
    height, width, channels = samples.shape
    planes = [samples[..., each] for each in range(channels)] if separate else [samples]
    strips = [_twelve_bits(plane) if bits == 12 else np.ascontiguousarray(plane).tobytes() for plane in planes]
    strips = [zlib.compress(strip) for strip in strips] if packed else strips
    entries = {
        256: ("H", (width,)),
        257: ("H", (height,)),
        258: ("H", (bits or 8 * samples.dtype.itemsize,) * channels),
        259: ("H", (8 if packed else 1,)),
        262: ("H", (photometric,)),
        273: ("I", (0,) * len(strips)),
        277: ("H", (channels,)),
        278: ("H", (height,)),
        279: ("I", tuple(len(strip) for strip in strips)),
        284: ("H", (2 if separate else 1,)),
        339: ("H", (kind,) * channels),
    } | (tags or {})
    start = len(_directory(entries, order))
    entries[273] = ("I", tuple(start + sum(len(each) for each in strips[:number]) for number in range(len(strips))))
    return _directory(entries, order) + b"".join(strips)


def _directory(entries: dict[int, tuple[str, tuple]], order: str) -> bytes:
    """The header and the tags, with the values that do not fit into them behind."""
    first, table, behind = 8 + 2 + 12 * len(entries) + 4, b"", b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        value = struct.pack(order + kind * len(values), *values)
        if len(value) > 4:
            value, behind = struct.pack(order + "I", first + len(behind)), behind + value + bytes(len(value) % 2)
        table += struct.pack(order + "HHI", tag, TYPES[kind], len(values)) + value.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    return head + table + bytes(4) + behind


def _twelve_bits(plane: np.ndarray) -> bytes:
    bits = np.unpackbits(plane.astype(">u2").view(np.uint8).reshape(-1, 2), axis=1)[:, 4:]
    return np.packbits(bits).tobytes()


def ink_profile(lightness: int, red: int) -> bytes:
    """A CMYK profile (lut8) of two steps an ink: without black L* falls from 100 to 50 with the inks, black alone has
    this lightness, and paper without cyan, with magenta and yellow, has this a* = b*."""
    corners = []
    for number in range(16):
        cyan, magenta, yellow, black = (number >> shift & 1 for shift in (3, 2, 1, 0))
        light = lightness if black else 100 - 50 * (cyan + magenta + yellow) / 3
        hue = red if magenta and yellow and not cyan and not black else 0
        corners += [round(light * 2.55), 128 + hue, 128 + hue]
    line = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (row == column) for row in range(3) for column in range(3)))
    table = b"mft1" + struct.pack(">I4B", 0, 4, 3, 2, 0) + matrix + 4 * line + bytes(corners) + 3 * line
    return _profile(b"prtr", b"CMYK", b"Lab ", b"A2B0", table)


def grey_profile(gamma: float) -> bytes:
    """A grey profile of this power."""
    curve = b"curv" + struct.pack(">IIH2x", 0, 1, round(256 * gamma))
    return _profile(b"mntr", b"GRAY", b"XYZ ", b"kTRC", curve)


def _profile(device: bytes, space: bytes, connection: bytes, name: bytes, content: bytes) -> bytes:
    """A profile (ICC.1:2001-04) of a white point, D50, and one tag more."""
    d50 = struct.pack(">3i", 63190, 65536, 54061)
    white = b"XYZ " + bytes(4) + d50
    first = 128 + 4 + 2 * 12
    table = struct.pack(">I4sII", 2, b"wtpt", first, len(white))
    table += name + struct.pack(">II", first + len(white), len(content))
    size = first + len(white) + len(content)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x02100000, device, space, connection, b"acsp") + d50
    return head.ljust(128, b"\0") + table + white + content
