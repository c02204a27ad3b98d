import numpy as np

from interpret.drawing.receptive_field import draw_receptive_field
from interpret.layers.receptive_field import Box


def test_what_is_seen_stays_as_it_is_and_all_else_is_dimmed():
    pixels = np.full((32, 32, 3), 200, np.uint8)
    drawn = draw_receptive_field(pixels, Box(4, 6, 9, 20))
    inside, outside = drawn[8 * 6 + 4, 8 * 10 + 4], drawn[8 * 20 + 4, 8 * 10 + 4]
    assert inside.tolist() == [200] * 3 and outside.tolist() == [70] * 3
    assert drawn[8 * 4, 8 * 10].tolist() == [234, 88, 12], "the frame's upper edge"
    assert drawn[8 * 10 - 1, 8 * 10].tolist() == [234, 88, 12], "the frame's lower edge"


def test_a_field_that_reaches_beyond_the_picture_is_framed_at_its_edge():
    drawn = draw_receptive_field(np.zeros((32, 32, 3), np.uint8), Box(-4, -4, 40, 40))
    assert drawn.shape == (256, 256, 3) and drawn[0, 100].tolist() == drawn[255, 100].tolist() == [234, 88, 12]
