import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.drawing.render import (
    FILM,
    MARGIN,
    Panel,
    draw_panels,
    enlarge,
    overlay,
    tile,
    write_names,
)
from interpret.drawing.scales import unsigned_scale


def picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_enlarging_repeats_pixels_and_invents_none():
    pixels = picture(4, 5, 3)
    large = enlarge(pixels, 3)
    assert large.shape == (12, 15, 3)
    assert all(np.array_equal(large[i::3, j::3], pixels) for i in range(3) for j in range(3))


def test_opacity_zero_shows_the_picture_and_one_the_colours():
    pixels, colours = picture(4, 4, 3), 255 - picture(4, 4, 3)
    assert np.array_equal(overlay(pixels, colours, 0), pixels)
    assert np.array_equal(overlay(pixels, colours, 1), colours)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_out_of_range_is_refused_and_not_clipped(opacity):
    with pytest.raises(ChoiceError, match="from 0 to 1"):
        overlay(picture(2, 2, 3), picture(2, 2, 3), opacity)


def test_tiles_keep_their_order_and_their_pixels():
    pictures = picture(5, 2, 2, 3)
    grid = tile(pictures, columns=3, factor=2, gap=1)
    assert grid.shape == (2 * 5 - 1, 3 * 5 - 1, 3)
    for number, each in enumerate(pictures):
        top, left = 5 * (number // 3), 5 * (number % 3)
        assert np.array_equal(grid[top : top + 4 : 2, left : left + 4 : 2], each)
    assert (grid[5:, 10:] == FILM).all()


def test_a_panel_holds_its_pixels_unchanged_and_a_legend_below():
    pixels = picture(64, 96, 3)
    scale = unsigned_scale(np.array([2.0]), "logits")
    drawn = draw_panels([Panel(pixels, "title", scale)])
    bare = draw_panels([Panel(pixels, "title")])
    windows = np.lib.stride_tricks.sliding_window_view(drawn, pixels.shape)[:, :, 0]
    assert (windows == pixels).all(axis=(2, 3, 4)).sum() == 1
    assert drawn.shape[0] > bare.shape[0]
    legend = scale.paint(np.linspace(0, 2, 96))[1:-1]
    rows = drawn[:, MARGIN + 1 : MARGIN + 95]
    assert (rows == legend).all(axis=(1, 2)).any()


def test_a_title_that_is_too_long_is_written_smaller_and_leaves_no_bar_beside_the_picture():
    drawn = draw_panels([Panel(picture(200, 300, 3), "Evidence for dog rather than cat, mean of 45")])
    assert drawn.shape[1] == 300 + 2 * MARGIN


def test_names_stand_in_the_corners_of_their_cells_and_nowhere_else_in_an_ink_that_shows():
    pixels = np.zeros((144, 144, 3), np.uint8)
    pixels[:72] = 250
    named = write_names(pixels, ("A1", "B1", "A2", "B2"))
    changed = (named != pixels).any(axis=2)
    for top in (0, 72):
        for left in (0, 72):
            corner, cell = changed[top : top + 20, left : left + 30], changed[top : top + 72, left : left + 72]
            assert corner.sum() == cell.sum() > 10
    assert named[:72].min() < 60 and named[72:].max() > 200
