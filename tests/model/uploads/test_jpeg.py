import io
import struct
import time

import numpy as np
import pytest
from PIL import Image

from model.images import prepare, resize
from model.uploads import jpeg
from model.uploads.jpeg import Header, open_jpeg, read_header
from model.uploads.limits import MAX_PIXELS, ImageError
from tests.conftest import ROOT
from tests.model.uploads.table import saved
from tests.model.uploads.table.scenes import LARGE


def sized(content: bytes, width: int, height: int) -> bytes:
    """The file with another size in its header."""
    at = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2")) + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize(
    ("options", "samples", "at_once"),
    [
        ({"subsampling": 0}, 3 * 96 * 96, True),
        ({"subsampling": 2}, 1.5 * 96 * 96, True),
        ({"subsampling": 1, "progressive": True}, 2 * 96 * 96, False),
    ],
)
def test_the_header_tells_how_much_a_decoder_keeps(options, samples, at_once):
    header = read_header(saved(LARGE, "JPEG", **options)())
    assert (header.width, header.height, header.samples, header.at_once) == (96, 96, samples, at_once)
    assert header.kept_bytes == (0 if at_once else 2 * samples)


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [
        (4000, 1278, 1), (1280, 4000, 2), (4000, 2556, 2), (4000, 3000, 4), (3024, 4032, 4), (16_000, 12_496, 4),
        (1281, 1281, 1), (1282, 1280, 1), (2562, 2562, 2), (5312, 2988, 2), (2564, 2560, 2),
    ],
)  # fmt: skip
def test_a_picture_is_reduced_as_far_as_the_network_does_not_see(width, height, scale):
    assert Header(width, height, 3 * width * height, at_once=True, scans_at=0).scale() == scale


@pytest.mark.parametrize(("width", "height", "scale"), [(50_000, 1000, 1), (50_001, 1000, 2), (65_500, 1279, 2)])
def test_a_picture_of_many_pixels_is_reduced_as_little_as_keeps_to_the_memory(width, height, scale):
    assert Header(width, height, 3 * width * height, at_once=True, scans_at=0).scale() == scale


def test_a_progressive_picture_is_reduced_more_since_it_is_kept_whole_or_refused():
    pixels = 16_000 * 12_500
    assert Header(16_000, 12_500, 3 * pixels // 2, at_once=False, scans_at=0).scale() == 8
    assert Header(16_000, 12_500, 3 * pixels, at_once=False, scans_at=0).scale() is None


@pytest.mark.parametrize("progressive", [False, True])
def test_a_picture_of_two_hundred_megapixels_is_opened_at_a_reduced_scale(progressive):
    image = open_jpeg(sized(saved(LARGE, "JPEG", progressive=progressive)(), 16_000, 12_500))
    assert image.width * image.height <= MAX_PIXELS
    assert abs(image.width / image.height - 1.28) < 0.01


@pytest.mark.parametrize(
    ("size", "opened"),
    [
        ((1600, 1280), (800, 640)),
        ((3600, 2560), (900, 640)),
        ((1281, 1281), (1281, 1281)),
        ((1602, 1280), (1602, 1280)),
        ((2564, 2560), (1282, 1280)),
    ],
)
@pytest.mark.parametrize("options", [{}, {"subsampling": 0, "quality": 95}, {"progressive": True}], ids=str)
def test_what_the_network_sees_of_a_reduced_photograph_is_within_one_level_of_the_whole(size, opened, options):
    with Image.open(ROOT / "examples" / "photographs" / "coffee.jpg") as photograph:
        large = np.asarray(photograph.convert("RGB").resize(size, Image.Resampling.BICUBIC)).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 6, large.shape)
    content = saved((large + grain).clip(0, 255).astype(np.uint8), "JPEG", **options)()
    assert open_jpeg(content).size == opened
    with Image.open(io.BytesIO(content)) as whole:
        difference = abs(prepare(content).astype(int) - resize(whole.convert("RGB")))
    assert difference.max() <= 1 and difference.mean() < 0.2


@pytest.mark.parametrize(("width", "height"), [(16_000, 12_501), (65_500, 65_500)])
def test_more_than_two_hundred_megapixels_are_refused_before_anything_is_decoded(width, height):
    with pytest.raises(ImageError, match=f"^{width}x{height} is more than the 50 megapixels .*200 of a JPEG"):
        open_jpeg(sized(saved(LARGE, "JPEG")(), width, height))


def test_a_progressive_picture_that_would_not_keep_to_the_memory_is_refused_in_words():
    content = sized(saved(LARGE, "JPEG", progressive=True, subsampling=0)(), 16_000, 12_500)
    with pytest.raises(ImageError, match=r"^16000x12500 is too large for a progressive JPEG .* as baseline JPEG"):
        open_jpeg(content)


def test_a_picture_of_very_many_scans_is_refused_before_they_are_decoded():
    content = saved(LARGE, "JPEG", progressive=True)()
    scan = content[content.rindex(b"\xff\xda") : -2]
    open_jpeg(content[:-2] + 80 * scan + content[-2:])
    with pytest.raises(ImageError, match=r"^This JPEG is made of more than the 100 scans"):
        open_jpeg(content[:-2] + 100 * scan + content[-2:])


def test_what_follows_the_end_mark_does_not_count_as_scans():
    film = np.random.default_rng(0).integers(0, 256, 50_000, np.uint8).tobytes() + 200 * b"\xff\xda"
    assert open_jpeg(saved(LARGE, "JPEG")() + film).size == (96, 96)


def test_scans_that_follow_an_end_mark_in_a_comment_count():
    content = saved(LARGE, "JPEG", progressive=True)()
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageError, match=r"^This JPEG is made of more than the 100 scans"):
        open_jpeg(content[:-2] + b"\xff\xfe\0\4\xff\xd9" + 100 * scan + content[-2:])


def test_a_size_that_only_the_decoder_would_see_keeps_to_the_limits_too():
    content = saved(LARGE, "JPEG")()
    large = sized(content, 20_000, 15_000)[2:]
    # To a decoder an escaped byte before the first scan is nothing; read as a segment it would hide all of `large`.
    hidden = b"\xff\x00" + struct.pack(">H", len(large) + 2) + large
    with pytest.raises(ImageError, match=r"^20000x15000 is more than"):
        open_jpeg(content[:2] + b"\xff\xfe\0\2" + hidden + content[2:])


def test_a_size_that_the_decoder_finds_elsewhere_is_refused(monkeypatch):
    monkeypatch.setattr(jpeg, "read_header", lambda content: Header(10, 10, 300, at_once=True, scans_at=2))
    with pytest.raises(ImageError, match="undamaged"):
        open_jpeg(saved(LARGE, "JPEG")())


@pytest.mark.parametrize("junk", [b"\x7f", b"\xff", b"\xff\xd0", b"\xff\xfe\0\2"])
def test_a_header_of_nothing_is_refused_at_once(junk):
    """Looked through byte by byte, 64 MB of it would take minutes."""
    content = saved(LARGE, "JPEG")()
    started = time.process_time()
    assert read_header(content[:2] + b"\xff\xfe\0\2" + 20 * junk + content[2:]).width == 96
    with pytest.raises(ImageError, match="undamaged"):
        read_header(content[:2] + b"\xff\xfe\0\2" + junk * (16_000_000 // len(junk)) + content[2:])
    assert time.process_time() - started < 3


@pytest.mark.parametrize("lost", [200, 2000])
def test_a_picture_that_lacks_more_than_its_end_mark_is_refused(lost):
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    content = saved(noise, "JPEG", quality=95)()
    assert np.asarray(open_jpeg(content[:-2])).shape == (96, 96, 3)
    with pytest.raises(ImageError, match="undamaged"):
        open_jpeg(content[:-lost])


def test_the_end_mark_of_a_preview_is_not_taken_for_the_pictures():
    preview = saved(LARGE[:16, :16], "JPEG")()
    content = saved(LARGE, "JPEG", exif=b"Exif\0\0" + preview)()
    with pytest.raises(ImageError, match="undamaged"):
        open_jpeg(content[: len(content) - 400])
