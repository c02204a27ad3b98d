"""Which pictures are read, and how large they may be. Sizes are checked before anything is decoded."""

MAX_PIXELS = 50_000_000
MAX_JPEG_PIXELS = 200_000_000  # decoded at a reduced scale: never more than MAX_PIXELS lie in memory
# What a pixel takes while a picture is decoded: itself, and a copy of it (upright, square, or in another mode).
BYTES_A_PIXEL = 8
MAX_BYTES = 640_000_000
READABLE = "PNG, JPEG, HEIC, WebP, AVIF, GIF, BMP or TIFF"


class ImageError(ValueError):
    """An upload that cannot become the network's input; the message says what would."""


def check_pixels(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    """Raises ImageError for a picture of more pixels than are accepted."""
    if width * height > limit:
        raise ImageError(too_large(f"{width}x{height} is"))


def too_large(subject: str = "That is") -> str:
    return (
        f"{subject} more than the {MAX_PIXELS // 1_000_000} megapixels that are accepted "
        f"({MAX_JPEG_PIXELS // 1_000_000} of a JPEG); send a smaller picture."
    )


def unreadable() -> str:
    return f"This file could not be read as a picture; use an undamaged {READABLE} file, or save it as 8-bit PNG first."
