import io

import numpy as np
import pytest
from PIL import Image

from model.uploads import frames
from model.uploads.frames import first_that_shows
from tests.model.uploads.table import saved
from tests.model.uploads.table.scenes import LARGE

SHOWN = Image.fromarray(LARGE).convert("RGBA")


def animation(*pictures: Image.Image, kind: str = "WEBP") -> bytes:
    options = {"lossless": True} if kind == "WEBP" else {}
    return saved(pictures[0], kind, save_all=True, append_images=list(pictures[1:]), duration=50, **options)()


def empty(count: int) -> list[Image.Image]:
    """So many frames of one colour each, no two the same: encoders would make one of them."""
    return [Image.new("RGBA", SHOWN.size, (number, 0, 255, 255)) for number in range(count)]


def first(content: bytes) -> np.ndarray:
    return np.asarray(first_that_shows(Image.open(io.BytesIO(content))).convert("RGB"))


def test_so_many_frames_are_looked_at_and_no_more(monkeypatch):
    content = animation(*empty(4), SHOWN)
    assert np.array_equal(first(content), LARGE)
    monkeypatch.setattr(frames, "MAX_FRAMES", 4)
    assert np.unique(first(content)[..., 2]).tolist() == [255]


def test_of_large_frames_fewer_are_looked_at(monkeypatch):
    monkeypatch.setattr(frames, "MAX_LOOKED_AT", 96 * 96 * 4)
    assert np.array_equal(first(animation(*empty(3), SHOWN)), LARGE)
    assert not np.array_equal(first(animation(*empty(4), SHOWN)), LARGE)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_damaged_frame_ends_the_search(kind):
    content = animation(empty(1)[0], SHOWN, kind=kind)
    found = first(content[: len(content) * 3 // 4])
    assert np.ptp(found, axis=(0, 1)).max() == 0


def test_a_frame_of_one_colour_is_preferred_to_one_that_is_all_transparent():
    content = animation(Image.new("RGBA", SHOWN.size), Image.new("RGBA", SHOWN.size, "red"))
    assert np.unique(first(content).reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]


def test_a_picture_that_is_not_animated_may_be_of_one_colour():
    content = saved(Image.new("RGB", (8, 8), "red"), "GIF")()
    assert np.unique(first(content).reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]
