import numpy as np
import pytest
import torch

from interpret.attribution.evidence import Evidence
from interpret.drawing.ledger import cell_at, draw_classes, draw_ledger
from interpret.drawing.scales import Scale
from tests.charts import FAINT_INK, INK, Painted, holds

SCALE = Scale(-16.0, 16.0, "logits", "RdBu_r")
SIDE, LEFT, TOP = 72, 12, 36  # of a cell of the ledger, and where the first one begins


def cells() -> torch.Tensor:
    return torch.arange(16.0).reshape(4, 4) - 7


def test_each_cell_of_the_ledger_is_painted_with_its_value():
    picture = draw_ledger(cells(), SCALE, "ledger")
    for row in range(4):
        for column in range(4):
            corner = picture[TOP + SIDE * row + 60 : TOP + SIDE * (row + 1), LEFT + SIDE * column :][:, :SIDE]
            value = np.full(corner.shape[:2], cells()[row, column].item())
            assert Painted("RdBu_r", -16, 16).shows(corner, value), (row, column)


def test_the_ledger_says_what_it_is_and_how_far_its_colours_reach():
    picture = draw_ledger(cells(), SCALE, "The score of cat")
    assert holds(picture, "The score of cat", 16, INK, slice(12, TOP))
    bar = TOP + 4 * SIDE + 6
    for text in ("\u221216.0", "16.0 logits"):
        assert holds(picture, text, 16, FAINT_INK, slice(bar + 12, bar + 28))


def test_a_cell_holds_its_number_and_two_of_another_value_differ():
    flat = torch.zeros(4, 4)
    changed = flat.clone()
    changed[1, 2] = 0.004  # written as 0.00 too, and painted alike
    assert np.array_equal(draw_ledger(flat, SCALE, ""), draw_ledger(changed, SCALE, ""))
    changed[1, 2] = 0.01
    rows, columns, _ = np.nonzero(draw_ledger(flat, SCALE, "") != draw_ledger(changed, SCALE, ""))
    assert rows.min() >= TOP + SIDE and rows.max() < TOP + 2 * SIDE
    assert columns.min() >= LEFT + 2 * SIDE and columns.max() < LEFT + 3 * SIDE


def test_all_classes_stand_on_one_scale_the_highest_score_first():
    found = torch.stack([cells() / 4, cells(), -cells()])
    picture = draw_classes(Evidence(found.sum(dim=(1, 2)), found), SCALE, ("ant", "bee", "cow"))
    painted, corner = Painted("RdBu_r", -16, 16), slice(36, 36 + 128)
    for start, name, index in zip((12, 152, 292), ("bee 8.00", "ant 2.00", "cow \u22128.00"), (1, 0, 2), strict=True):
        assert painted.shows(picture[corner, start : start + 128], np.kron(found[index], np.ones((32, 32))))
        assert holds(picture[:, start : start + 140], name, 16, INK, slice(12, 36))
    assert holds(picture, "16.0 logits", 16, FAINT_INK, slice(188, 204))  # below the row of panels


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (12, 36, "A1"),
        (12 + 71, 36 + 71, "A1"),
        (12 + 72, 36, "B1"),
        (12, 36 + 72, "A2"),
        (12 + 2 * 72 + 5, 36 + 3 * 72 + 5, "C4"),
        (12 + 4 * 72 - 1, 36 + 4 * 72 - 1, "D4"),
    ],
)
def test_a_pixel_of_a_cell_names_it(x, y, name):
    assert cell_at(x, y) == name


@pytest.mark.parametrize(("x", "y"), [(11, 36), (12, 35), (12 + 4 * 72, 36), (12, 36 + 4 * 72), (0, 0)])
def test_a_pixel_beside_the_cells_names_none(x, y):
    assert cell_at(x, y) is None
