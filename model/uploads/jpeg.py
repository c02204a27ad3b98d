"""JPEG: large ones at a reduced scale, and those that lack only their end mark."""

import io
from dataclasses import dataclass

from PIL import Image, ImageChops
from PIL.JpegImagePlugin import JpegImageFile

from model.uploads.limits import (
    BYTES_A_PIXEL,
    MAX_BYTES,
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    ImageError,
    check_pixels,
    unreadable,
)

SIGNATURE = b"\xff\xd8\xff"
END_MARK = b"\xff\xd9"
SCAN = b"\xff\xda"
SCALES = (1, 2, 4, 8)  # what the decoder can divide both sides by, without decoding what is then left out
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the markers that begin with the picture's size
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
COEFFICIENT = 2  # bytes
# Encoders make a dozen or two; each of thousands, of a few bytes, would pass over the whole picture.
MAX_SCANS = 100
# Any bits that a decoder would take for a picture's if it still waited for some.
FILLER = bytes((37 * step + 11) % 251 for step in range(512))


@dataclass(frozen=True)
class Header:
    """What a JPEG says before its first scan. `samples` counts all components' samples, each at its own resolution."""

    width: int
    height: int
    samples: int
    at_once: bool
    scans_at: int

    @property
    def kept_bytes(self) -> int:
        """What the decoder keeps at full size until the last scan: nothing if a single scan holds the picture."""
        return 0 if self.at_once else COEFFICIENT * self.samples

    @property
    def scale(self) -> int | None:
        """The least reduction at which the picture keeps to the memory; None if there is none."""
        pixels = self.width * self.height
        return next(
            (
                scale
                for scale in SCALES
                if pixels <= MAX_PIXELS * scale**2 and self.kept_bytes + BYTES_A_PIXEL * pixels / scale**2 <= MAX_BYTES
            ),
            None,
        )


def open_jpeg(content: bytes) -> Image.Image:
    """The picture in a JPEG file, not yet decoded, at the scale that keeps to the memory.

    Raises ImageError if it is too large, or damaged.
    """
    header = read_header(content)
    check_pixels(header.width, header.height, MAX_JPEG_PIXELS)
    scale = header.scale
    if content.count(SCAN, header.scans_at) > MAX_SCANS:
        raise ImageError(f"This JPEG is made of more than the {MAX_SCANS} scans that are accepted; save it anew.")
    if scale is None:
        raise ImageError(
            f"{header.width}x{header.height} is too large for a progressive JPEG of this kind, which must be kept "
            "whole while it is decoded; save it as baseline JPEG, or send a smaller picture."
        )
    if content.find(END_MARK, header.scans_at) < 0:  # before, it may be a preview's
        content = _with_end_mark(content)
    return _opened(content, scale)


def read_header(content: bytes) -> Header:
    """Raises ImageError if the file ends before its first scan, or tells no size."""
    size, position = None, 2
    while position + 4 <= len(content):
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        segment = content[position + 4 : position + 2 + length]
        if content[position] != 0xFF:
            position += 1
        elif marker == 0xFF or marker in WITHOUT_LENGTH:
            position += 1 if marker == 0xFF else 2
        elif marker in FRAMES and len(segment) >= 6:
            size, progressive = _frame(segment), marker in PROGRESSIVE
            position += 2 + length
        elif marker == 0xDA and size is not None and segment:
            width, height, samples, components = size
            at_once = not progressive and segment[0] == components
            return Header(width, height, samples, at_once, position)
        else:
            position += 2 + length
    raise ImageError(unreadable())


def _frame(segment: bytes) -> tuple[int, int, int, int]:
    height, width, components = (int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big"), segment[5])
    factors = [(byte >> 4, byte & 15) for byte in segment[7 : 6 + 3 * components : 3]]
    if not factors or not all(across and down for across, down in factors):
        raise ImageError(unreadable())
    widest, tallest = (max(each) for each in zip(*factors, strict=True))
    shares = sum(across * down for across, down in factors) / (widest * tallest)
    return width, height, round(width * height * shares), components


def _opened(content: bytes, scale: int) -> Image.Image:
    # Not by Image.open, which knows no limit for one format alone, and would take a phone's second picture for a frame.
    image = JpegImageFile(io.BytesIO(content))
    if scale > 1:
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
    return image


def _with_end_mark(content: bytes) -> bytes:
    """The file with the end mark that it lacks. If it lacks nothing else, what follows the picture changes nothing.

    The decoder would fill what is missing of a picture with grey. Raises ImageError if something is.
    """
    content = content.rstrip(b"\xff")
    whole = _opened(content + END_MARK, SCALES[-1])
    longer = _opened(content + FILLER + END_MARK, SCALES[-1])
    if ImageChops.difference(whole.convert("RGB"), longer.convert("RGB")).getbbox() is not None:
        raise ImageError(unreadable())
    return content + END_MARK
