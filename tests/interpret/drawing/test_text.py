import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from interpret.drawing.text import NAME_SIZE, _font_of, fitting, format_number, width_of, write


def test_words_that_are_kept_are_written_pixel_by_pixel_as_new_ones():
    size, ink, grey = (400, 120), (164, 173, 187), (15, 18, 25)
    words = list(
        itertools.product(("Shared credit for cat", "\u22120.45", "A1", ""), (11, 24), ("la", "ra", "mm", "ma"))
    )
    for word, letters, anchor in 2 * words:
        kept, fresh = Image.new("RGB", size, grey), Image.new("RGB", size, grey)
        write(kept, (200, 60), word, ink, letters, anchor)
        ImageDraw.Draw(fresh).text((200, 60), word, ink, _font_of(letters), anchor)
        assert np.array_equal(kept, fresh), (word, letters, anchor)


@pytest.mark.parametrize(("room", "size"), [(1000, 24), (200, 16), (20, NAME_SIZE)])
def test_words_that_need_more_room_become_smaller_but_stay_legible(room, size):
    title = "Evidence for dog rather"
    assert fitting(title, room, 24) == size
    assert size == NAME_SIZE or width_of(title, size) <= room < width_of(title, size + 1) or size == 24


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (4.125, "4.1"), (0.0632, "0.0632"), (-0.5, "\u22120.5"), (12.0, "12.0")]
)
def test_legends_write_numbers_short(value, text):
    assert format_number(value) == text
