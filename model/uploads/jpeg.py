"""JPEG: large ones at a reduced scale, and those that lack only their end mark."""

import io
import re
from collections.abc import Iterator
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
START_OF_SCAN, END = 0xDA, END_MARK[1]
SCALES = (1, 2, 4, 8)  # what the decoder can divide both sides by, without decoding what is then left out
# Reduced to 32x32, halves and quarters of a photograph come out within one level of 255 of the whole, if this many
# pixels are left of the shorter side and none is divided; eighths do not. They take a half and a quarter of the time.
EXACT_SCALES, ENOUGH = (1, 2, 4), 640
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the markers that begin with the picture's size
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# Those that begin a segment of a stated length, or end the picture; as a decoder sees it, the others are nothing or a
# scan's. Found in one go: a loop over the bytes of a large file would take minutes.
MARKER = re.compile(rb"\xff[^\xff\x00\x01\xd0-\xd8]")
COEFFICIENT = 2  # bytes
# Encoders make a dozen or two; each of thousands, of a few bytes, would pass over the whole picture.
MAX_SCANS = 100
MAX_SEGMENTS = 10_000  # 64 MB hold a thousand of full length
MAX_JUNK = 1_000_000  # bytes between the segments before the first scan, which PIL passes over one by one
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

    def scale(self, enough: int = ENOUGH) -> int | None:
        """The greatest reduction that changes next to nothing and leaves `enough` pixels of the shorter side, or the
        least that keeps to the memory, if that is more; None if there is none."""
        unseen = max(each for each in EXACT_SCALES if each == 1 or self._divides(each, enough))
        return next((each for each in SCALES if each >= unseen and self._fits(each)), None)

    def _divides(self, scale: int, enough: int) -> bool:
        """Without a rest: both sides, and what is cut from either end to make the picture square."""
        sides = (self.width, self.height)
        whole = not any(side % scale for side in sides) and (self.width - self.height) % (2 * scale) == 0
        return whole and min(sides) >= enough * scale

    def _fits(self, scale: int) -> bool:
        pixels = self.width * self.height / scale**2
        return pixels <= MAX_PIXELS and self.kept_bytes + BYTES_A_PIXEL * pixels <= MAX_BYTES


def open_jpeg(content: bytes, enough: int = ENOUGH) -> Image.Image:
    """The picture in a JPEG file, not yet decoded, at the scale at which it is read quickly, keeps `enough` pixels of
    its shorter side, and keeps to the memory.

    Raises ImageError if it is too large, or damaged.
    """
    header = read_header(content)
    check_pixels(header.width, header.height, MAX_JPEG_PIXELS)
    scale = header.scale(enough)
    if _scans(content, header) > MAX_SCANS:
        raise ImageError(f"This JPEG is made of more than the {MAX_SCANS} scans that are accepted; save it anew.")
    if scale is None:
        raise ImageError(
            f"{header.width}x{header.height} is too large for a progressive JPEG of this kind, which must be kept "
            "whole while it is decoded; save it as baseline JPEG, or send a smaller picture."
        )
    if content.find(END_MARK, header.scans_at) < 0:  # before, it may be a preview's
        content = _with_end_mark(content)
    image = _opened(content)
    if image.size != (header.width, header.height):  # the limits were held against another size
        raise ImageError(unreadable())
    return _reduced(image, scale)


def read_header(content: bytes) -> Header:
    """Raises ImageError if the file ends before its first scan, or tells no size."""
    size, end, junk = None, 2, 0
    for marker, position, after in _segments(content, end):
        segment = content[position + 4 : after]
        junk, end = junk + position - end, after
        if junk > MAX_JUNK:
            break
        if marker in FRAMES and len(segment) >= 6:
            size, progressive = _frame(segment), marker in PROGRESSIVE
        elif marker == START_OF_SCAN and size is not None and segment:
            width, height, samples, components = size
            at_once = not progressive and segment[0] == components
            return Header(width, height, samples, at_once, position)
    raise ImageError(unreadable())


def _segments(content: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """From a position on, each segment's marker, where it begins and where it ends.

    Raises ImageError for a file of too many.
    """
    for _ in range(MAX_SEGMENTS):
        found = MARKER.search(content, position)
        if found is None:
            return
        start = found.start()
        position = start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
        yield content[start + 1], start, position
    raise ImageError(unreadable())


def _scans(content: bytes, header: Header) -> int:
    """How many scans the picture has: what follows its end mark (a phone's film, a second picture) is not looked at."""
    scans = 0
    for marker, _, _ in _segments(content, header.scans_at):
        scans += marker == START_OF_SCAN
        if marker == END or scans > MAX_SCANS:
            break
    return scans


def _frame(segment: bytes) -> tuple[int, int, int, int]:
    height, width, components = (int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big"), segment[5])
    factors = [(byte >> 4, byte & 15) for byte in segment[7 : 6 + 3 * components : 3]]
    if not factors or not all(across and down for across, down in factors):
        raise ImageError(unreadable())
    widest, tallest = (max(each) for each in zip(*factors, strict=True))
    shares = sum(across * down for across, down in factors) / (widest * tallest)
    return width, height, round(width * height * shares), components


def _opened(content: bytes) -> JpegImageFile:
    # Not by Image.open, which knows no limit for one format alone, and would take a phone's second picture for a frame.
    return JpegImageFile(io.BytesIO(content))


def _reduced(image: JpegImageFile, scale: int) -> Image.Image:
    if scale > 1:
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
    return image


def _with_end_mark(content: bytes) -> bytes:
    """The file with the end mark that it lacks. If it lacks nothing else, what follows the picture changes nothing.

    The decoder would fill what is missing of a picture with grey. Raises ImageError if something is.
    """
    content = content.rstrip(b"\xff")
    whole, longer = (_reduced(_opened(content + more + END_MARK), SCALES[-1]) for more in (b"", FILLER))
    if ImageChops.difference(whole.convert("RGB"), longer.convert("RGB")).getbbox() is not None:
        raise ImageError(unreadable())
    return content + END_MARK
