import numpy as np

from interpret.drawing.confusion import cell_colours, draw_confusion, error_scale, written

VALUES = np.array([[900.0, 4, 1], [60, 800, 0], [0, 2, 700]])
NAMES = ("cat", "dog", "frog")


def test_the_scale_ends_at_the_largest_error_and_not_at_the_right_answers():
    scale = error_scale(VALUES, "pictures")
    assert (scale.low, scale.high, scale.unit) == (0, 60, "pictures")


def test_numbers_show_on_their_cells_and_right_answers_have_no_colour_of_the_scale():
    colours, inks = cell_colours(VALUES, error_scale(VALUES, "pictures"))
    contrast = np.abs(colours.astype(int).mean(axis=-1) - inks.mean(axis=-1))
    assert contrast.min() > 60
    assert len({tuple(colours[at, at]) for at in range(3)}) == 1
    assert tuple(inks[1, 0]) == (0, 0, 0) and tuple(inks[0, 2]) == (255, 255, 255)


def test_numbers_are_counts_or_percent():
    assert (written(1234.0, "pictures"), written(0.0691, "of the true class")) == ("1,234", "6.9%")


def test_the_picture_changes_with_any_cell():
    changed = VALUES.copy()
    changed[2, 1] = 3
    one, other = (draw_confusion(values, NAMES, "pictures") for values in (VALUES, changed))
    assert one.shape == other.shape and not np.array_equal(one, other)
