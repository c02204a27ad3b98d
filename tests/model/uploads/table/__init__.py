"""A table of uploads: `python -m tests.model.uploads.table` prints what is expected of each, and what is found."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from model.images import ImageError, read_rgb

DAMAGED = "use an undamaged PNG, JPEG, HEIC, WebP, AVIF, GIF, BMP or TIFF file, or save it as 8-bit PNG first."


@dataclass(frozen=True)
class Upload:
    """A file, and the picture expected of it, with the mean difference that is allowed; or the words of its refusal."""

    format: str
    depth: str
    content: Callable[[], bytes]
    expected: np.ndarray | str
    within: float = 0
    profile: str = "none"
    orientation: int = 1
    damage: str = "none"

    @property
    def name(self) -> str:
        profile = "" if self.profile == "none" else f", {self.profile}"
        turned = "" if self.orientation == 1 else f", orientation {self.orientation}"
        return f"{self.format} {self.depth}{profile}{turned}" + ("" if self.damage == "none" else f", {self.damage}")

    def found(self) -> float | str:
        """The mean difference from the expected picture, of 255, or the refusal."""
        try:
            content = self.content()
            pixels = np.asarray(read_rgb(content))
        except ImageError as refusal:
            return str(refusal)
        if isinstance(self.expected, str):
            return f"a picture of {pixels.shape[1]}x{pixels.shape[0]}"
        expected = np.broadcast_to(self.expected.reshape(*self.expected.shape[:2], -1), (*self.expected.shape[:2], 3))
        if pixels.shape != expected.shape:
            return f"a picture of {pixels.shape[1]}x{pixels.shape[0]}"
        return float(np.abs(pixels.astype(float) - expected).mean())

    def is_as_expected(self, found: float | str) -> bool:
        if isinstance(self.expected, str):
            return isinstance(found, str) and self.expected in found and _is_one_sentence(found)
        return isinstance(found, float) and found <= self.within


def _is_one_sentence(text: str) -> bool:
    return text.endswith(".") and ". " not in text and "\n" not in text and text[0].isupper() | text[0].isdigit()


def saved(pixels: np.ndarray | Image.Image, kind: str, **options: object) -> Callable[[], bytes]:
    """The file that PIL writes of a picture."""

    def write() -> bytes:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return write
