import matplotlib
import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.drawing.scales import Scale, palette_table, signed_scale, unsigned_scale


def test_an_unsigned_scale_starts_at_zero_and_ends_at_the_largest_value():
    scale = unsigned_scale(np.array([1.0, 4.0]), "logits")
    assert scale == Scale(0.0, 4.0, "logits", "magma")
    magma = palette_table("magma")
    assert np.array_equal(scale.paint(np.array([0.0, 4.0])), magma[[0, 255]])


def test_a_signed_scale_has_zero_in_the_middle():
    scale = signed_scale(np.array([-3.0, 1.0]), "weight")
    assert scale == Scale(-3.0, 3.0, "weight", "RdBu_r")
    middle = scale.paint(np.array([0.0]))[0].astype(int)
    assert middle.min() >= 245  # RdBu's middle is white


def test_signed_values_are_red_where_they_add_and_blue_where_they_subtract():
    (red, _, blue), (red_below, _, blue_below) = (
        signed_scale(np.array([1.0, -1.0]), "weight").paint(np.array([0.8, -0.8])).astype(int)
    )
    assert red > blue + 50 and blue_below > red_below + 50


def test_nothing_positive_is_painted_dark_and_not_stretched():
    for values in (np.zeros((2, 2)), np.full((2, 2), -3.0)):
        scale = unsigned_scale(values, "logits")
        assert (scale.low, scale.high) == (0, 0)
        assert (scale.paint(values) == palette_table("magma")[0]).all()


def test_signed_zeros_are_painted_in_the_middle_colour():
    zeros = np.zeros((2, 2))
    assert (signed_scale(zeros, "weight").paint(zeros) == palette_table("RdBu_r")[128]).all()


def test_a_value_takes_the_nearest_of_256_colours_and_beyond_the_ends_the_last_one():
    painted = Scale(0.0, 255.0, "steps", "viridis").paint(np.array([[0.4, 0.6], [-7.0, 300.0]]))
    assert np.array_equal(painted, palette_table("viridis")[[[0, 1], [0, 255]]])


@pytest.mark.parametrize("name", ["magma", "viridis", "cividis", "jet", "RdBu_r", "gray"])
def test_palettes_are_matplotlibs(name):
    for index in (0, 77, 128, 255):
        expected = [round(255 * value) for value in matplotlib.colormaps[name](index)[:3]]
        assert palette_table(name)[index].tolist() == expected


def test_a_palette_that_all_share_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        palette_table("magma")[0] = 0


@pytest.mark.parametrize("palette", ["rainbow", "RdBu_r", "gray"])
def test_a_palette_that_is_not_for_unsigned_values_is_refused_with_those_that_are(palette):
    with pytest.raises(ChoiceError, match=f"Unknown palette '{palette}'. Allowed: magma, viridis, cividis, jet"):
        unsigned_scale(np.ones(2), "logits", palette)
