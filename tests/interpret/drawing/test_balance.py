import numpy as np

from interpret.attribution.balance import PLACES, Balance
from interpret.drawing.balance import CELLS_COLOUR, CONSTANTS_COLOUR, draw_balance

SIX = Balance(4.0, (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 4.0), (5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0))
LEFT, RIGHT = 12 + 150, 12 + 150 + 300  # where the bars are


def columns_of(picture: np.ndarray, colour: tuple[int, int, int], row: int) -> np.ndarray:
    """Where a place's row of the picture has a bar of that colour."""
    height = (picture.shape[0] - 12 - 2 * 24 - 24 - 12) // len(PLACES)
    strip = picture[60 + row * height : 60 + (row + 1) * height, LEFT - 2 : RIGHT + 3]
    return np.flatnonzero((strip == colour).all(axis=-1).any(axis=0)) + LEFT - 2


def test_bars_begin_at_one_zero_and_their_lengths_are_in_proportion():
    picture = draw_balance(SIX, "Score of cat")
    unit = 300 / 6  # from -1 to 5 logits
    zero = LEFT + unit
    for row, (cells, constants) in enumerate(zip(SIX.cells, SIX.constants, strict=True)):
        for colour, value in ((CELLS_COLOUR, cells), (CONSTANTS_COLOUR, constants)):
            if value:
                found = columns_of(picture, colour, row)
                start, end = sorted((zero, zero + value * unit))
                assert abs(found[0] - start) <= 2 and abs(found[-1] - end) <= 2, (row, value)


def test_a_network_that_says_nothing_is_drawn_too():
    nothing = Balance(0.0, (0.0,) * 7, (0.0,) * 7)
    assert draw_balance(nothing, "Score of cat").shape == draw_balance(SIX, "Score of cat").shape
