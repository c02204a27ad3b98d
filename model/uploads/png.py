"""PNG: what its chunks tell of colours and depth, and the file without those that are broken or tell nothing."""

import struct
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY = 0  # the kind of colours, in the header
MAX_PROFILE = 4_000_000
NEEDED = {b"tRNS", b"acTL", b"fcTL", b"fdAT"}


@dataclass(frozen=True)
class Told:
    """What a PNG tells of its picture; `chromaticities` are x and y of white, red, green and blue."""

    grey_depth: int | None = None
    exif: bytes = b""
    significant: int | None = None
    profile: bytes | None = None
    code_points: tuple[int, int] | None = None
    srgb: bool = False
    gamma: float | None = None
    chromaticities: tuple[float, ...] | None = None


def read_chunks(content: bytes) -> tuple[bytes, Told]:
    """The file with only the chunks that make the picture, and what the others tell; broken ones among these are left
    out."""
    kept, bodies, position = [SIGNATURE], {}, len(SIGNATURE)
    while position + 12 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind, end = content[position + 4 : position + 8], position + 12 + length
        if _is_critical(kind):
            kept.append(content[position:end])
            if kind == b"IHDR":
                bodies[kind] = content[position + 8 : end - 4]
        elif end <= len(content) and _is_whole(content[position:end]):
            bodies.setdefault(kind, content[position + 8 : end - 4])
            if kind in NEEDED:
                kept.append(content[position:end])
        position = end
    kept.append(content[position:])
    return b"".join(kept), _told(bodies)


def _is_critical(kind: bytes) -> bool:
    return not kind[0] & 32


def _is_whole(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _told(bodies: dict[bytes, bytes]) -> Told:
    points = bodies.get(b"cHRM", b"")
    gamma = int.from_bytes(bodies.get(b"gAMA", b"")[:4], "big") / 100_000
    significant = bodies.get(b"sBIT", b"")
    code_points = bodies.get(b"cICP", b"")
    header = bodies.get(b"IHDR", b"")
    return Told(
        grey_depth=header[8] if len(header) == 13 and header[9] == GREY else None,
        exif=bodies.get(b"eXIf", b""),
        significant=max(significant) if significant else None,
        profile=_profile(bodies.get(b"iCCP", b"")),
        code_points=(code_points[0], code_points[1]) if len(code_points) == 4 else None,
        srgb=b"sRGB" in bodies,
        gamma=gamma if 0.1 <= gamma <= 10 else None,
        chromaticities=tuple(each / 100_000 for each in struct.unpack(">8I", points)) if len(points) == 32 else None,
    )


def _profile(body: bytes) -> bytes | None:
    """The profile that is packed after its name and a byte that says how; bounded, since little can unpack to much."""
    packed = body.partition(b"\0")[2][1:]
    try:
        return zlib.decompressobj().decompress(packed, MAX_PROFILE) or None
    except zlib.error:
        return None
