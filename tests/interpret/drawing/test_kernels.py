import numpy as np
import pytest

from interpret.drawing.kernels import (
    FOLDED_UNIT,
    draw_colour_kernels,
    draw_frequencies,
    draw_histogram,
    draw_kernels,
    frame_kernel,
    kernel_at,
)
from tests.charts import FAINT_INK, INK, Grid, Painted, check_panel, holds, largest_within

LAYOUTS = {64: Grid(8, 25, 4), 128: Grid(16, 12, 4), 512: Grid(32, 5, 4)}


@pytest.mark.parametrize("count", LAYOUTS)
def test_kernels_share_a_scale_that_is_symmetric_about_zero(count):
    kernels = np.random.default_rng(count).normal(size=(count, 3, 3)).astype(np.float32)
    kernels[1, 2, 0] = -7.25
    check_panel(
        draw_kernels(kernels, f"{count} kernels"),
        LAYOUTS[count],
        kernels,
        Painted("RdBu_r", -7.25, 7.25),
        f"{count} kernels",
        ["\u22127.2", "7.2 weight"],
    )


def test_kernels_of_zeros_are_painted_in_the_middle_colour():
    assert (draw_kernels(np.zeros((64, 3, 3), np.float32), "zeros")[60, 20] >= 245).all()


def test_as_colours_zero_is_mid_grey_and_the_largest_magnitude_black_or_full():
    kernels = np.zeros((64, 3, 3, 3), np.float32)
    kernels[0, 0, 0] = 0.5, -0.5, 0.25
    picture = draw_colour_kernels(kernels, "in colour")
    assert picture[12 + 36, 12].tolist() == [255, 0, 191]  # 127.5 (1 + w / 0.5), rounded
    assert picture[12 + 36, 12 + 25].tolist() == [128] * 3
    assert picture[12 + 36 + 24, 12 + 24].tolist() == [255, 0, 191]


def test_the_legend_of_colours_is_grey_and_says_that_it_holds_for_each_colour():
    kernels = np.zeros((64, 3, 3, 3), np.float32)
    kernels[5] = -0.5
    picture = draw_colour_kernels(kernels, "in colour")
    width, height = LAYOUTS[64].size(64, 3)
    bar = 12 + 36 + height + 6
    assert holds(picture, "in colour", 24, INK, slice(12, 48))
    assert holds(picture, "\u22120.5", 24, FAINT_INK, slice(bar + 12, bar + 36))
    assert holds(picture, "0.5 weight, of each colour", 24, FAINT_INK, slice(bar + 12, bar + 36))
    grey = picture[bar + 5, 13 : 12 + width - 1].astype(int)
    assert (grey == grey[:, :1]).all() and (np.diff(grey[:, 0]) >= 0).all()
    assert grey[0, 0] <= 1 and grey[-1, 0] >= 254


def test_both_ends_of_a_legend_can_be_read_however_long_its_unit_is():
    kernels = np.full((64, 3, 3, 3), -0.842, np.float32)
    picture = draw_colour_kernels(kernels, "in colour", FOLDED_UNIT)
    width, height = LAYOUTS[64].size(64, 3)
    low, high = "\u22120.842", f"0.842 {FOLDED_UNIT}, of each colour"
    size = largest_within(f"{low}  {high}", width, 24)
    below = slice(12 + 36 + height + 6 + 12, 12 + 36 + height + 6 + 12 + size)
    assert size < 24 and all(holds(picture, text, size, FAINT_INK, below) for text in (low, high))


def test_a_few_kernels_stand_in_one_row():
    kernels = np.random.default_rng(3).normal(size=(3, 3, 3)).astype(np.float32)
    limit = float(np.abs(kernels).max())
    check_panel(draw_kernels(kernels, "three"), Grid(3, 69, 4), kernels, Painted("RdBu_r", -limit, limit), "three", [])


@pytest.mark.parametrize("count", [*LAYOUTS, 3, 256])
def test_a_pixel_tells_whose_kernel_it_shows(count):
    picture = draw_kernels(np.eye(count, 9, dtype=np.float32).reshape(count, 3, 3), "kernels")
    grid = {3: Grid(3, 69, 4), 256: Grid(16, 12, 4)}.get(count) or LAYOUTS[count]
    pitch = 3 * grid.factor + 4
    for place in range(count):
        left, top = 12 + pitch * (place % grid.columns), 48 + pitch * (place // grid.columns)
        for x, y in ((left, top), (left + 3 * grid.factor - 1, top + 3 * grid.factor - 1), (left, top + pitch - 1)):
            assert kernel_at(x, y, count) == place
    below = 48 + pitch * -(-count // grid.columns)
    beside = [(11, 60), (60, 47), (12 + pitch * grid.columns, 60), (60, below)]
    assert [kernel_at(x, y, count) for x, y in beside] == [None] * 4
    assert below <= len(picture)


def test_no_kernel_stands_where_the_last_row_has_ended():
    columns = 4  # seven kernels in rows of four
    pitch = 3 * ((640 // columns - 4) // 3) + 4
    assert kernel_at(12 + 2 * pitch, 48 + pitch, 7) == 6 and kernel_at(12 + 3 * pitch, 48 + pitch, 7) is None


@pytest.mark.parametrize(("count", "place"), [(64, 0), (64, 63), (512, 77)])
def test_a_frame_stands_around_one_kernel_and_covers_none(count, place):
    kernels = np.random.default_rng(count).normal(size=(count, 3, 3)).astype(np.float32)
    plain = draw_kernels(kernels, "kernels")
    framed = frame_kernel(plain, place, count)
    changed = np.argwhere((plain != framed).any(axis=-1))
    side = 3 * LAYOUTS[count].factor
    top, left = 48 + (side + 4) * (place // LAYOUTS[count].columns), 12 + (side + 4) * (place % LAYOUTS[count].columns)
    assert changed.min(axis=0).tolist() == [top - 3, left - 3]
    assert changed.max(axis=0).tolist() == [top + side + 2, left + side + 2]
    assert (framed[top : top + side, left : left + side] == plain[top : top + side, left : left + side]).all()
    assert {tuple(framed[row, column].tolist()) for row, column in changed} == {(234, 88, 12)}


def test_a_histograms_bars_are_as_high_as_their_counts_with_zero_in_the_middle():
    weights = np.zeros((4, 1, 3, 3), np.float32)  # 36 weights
    weights.flat[:4] = 1.0, -1.0, -1.0, 0.5
    picture = draw_histogram(weights, "planted")
    floor, bars = 12 + 72 + 200, [12 + 10 * number + 4 for number in range(61)]
    heights = [int((picture[:floor, x] == (253, 154, 106)).all(axis=-1).sum()) for x in bars]
    # 32 zeros make the tallest bar, 200 pixels high; 0.5 is 1.5 / (2 / 61) = bin 45.75.
    assert {number: height for number, height in enumerate(heights) if height} == {0: 12, 30: 200, 45: 6, 60: 6}
    assert holds(picture[:, 12:], "planted: 36 weights", 24, INK, slice(12, 48))
    assert holds(picture[:, 12:], f"spread (std) {weights.std():.3g}; tallest bar 32", 24, FAINT_INK, slice(48, 84))
    for text in ("\u22121.0", "0", "1.0"):
        assert holds(picture, text, 24, FAINT_INK, slice(floor + 4, floor + 40))


def test_a_histogram_of_folded_weights_says_so_and_one_of_zeros_is_drawn():
    picture = draw_histogram(np.zeros((4, 1, 3, 3), np.float32), "zeros", FOLDED_UNIT)
    assert holds(picture[:, 12:], "zeros: 36 folded weights", 24, INK, slice(12, 48))


def test_frequency_responses_share_a_scale_from_zero_and_their_title_tells_the_axes():
    responses = np.random.default_rng(5).random((64, 17, 17)).astype(np.float32)
    responses[3, 8, 8] = 2.5
    check_panel(
        draw_frequencies(responses, "mean of RGB"),
        Grid(8, 4, 4),
        responses,
        Painted("magma", 0, 2.5),
        "\u22120.5 to 0.5 cycles per pixel, 0 in the middle",
        ["0", "2.5 response, mean of RGB"],
    )
