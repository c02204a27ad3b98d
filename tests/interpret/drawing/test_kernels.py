import numpy as np
import pytest

from interpret.drawing.kernels import draw_colour_kernels, draw_kernels
from tests.charts import FAINT_INK, INK, Grid, Painted, check_panel, holds

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
