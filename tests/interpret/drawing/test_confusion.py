import numpy as np

from interpret.drawing.confusion import cell_colours, draw_confusion, error_scale, written

VALUES = np.array([[900.0, 4, 1], [60, 800, 0], [0, 2, 700]])
NAMES = ("cat", "dog", "frog")


def test_the_scale_ends_at_the_largest_error_and_not_at_the_right_answers():
    scale = error_scale(VALUES, "pictures")
    assert (scale.low, scale.high, scale.unit) == (0, 60, "pictures")


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """WCAG 2.2: of relative luminances, with sRGB's own curve."""
    lights = []
    for colour in (one, other):
        part = colour / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(lights) / min(lights)


def test_numbers_show_on_every_colour_of_the_scale():
    values = np.arange(2500, dtype=float).reshape(50, 50)
    colours, inks = (each.reshape(-1, 3) for each in cell_colours(values, error_scale(values, "pictures")))
    assert min(contrast(colour, ink) for colour, ink in zip(colours, inks, strict=True)) > 4.5


def test_numbers_show_on_their_cells_and_right_answers_have_no_colour_of_the_scale():
    colours, inks = cell_colours(VALUES, error_scale(VALUES, "pictures"))
    contrasts = [contrast(colour, ink) for colour, ink in zip(colours.reshape(-1, 3), inks.reshape(-1, 3), strict=True)]
    assert min(contrasts) > 4.5
    assert len({tuple(colours[at, at]) for at in range(3)}) == 1
    assert tuple(inks[1, 0]) == (0, 0, 0) and tuple(inks[0, 2]) == (255, 255, 255)


def test_numbers_are_counts_or_percent():
    assert (written(1234.0, "pictures"), written(0.0691, "of the true class")) == ("1,234", "6.9%")


def test_the_picture_changes_with_any_cell():
    changed = VALUES.copy()
    changed[2, 1] = 3
    one, other = (draw_confusion(values, NAMES, "pictures") for values in (VALUES, changed))
    assert one.shape == other.shape and not np.array_equal(one, other)
