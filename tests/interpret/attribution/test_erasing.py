import numpy as np
import pytest
import torch

from interpret.attribution.erasing import CELL_NAMES, Erased, brushed_mask, cell_mask, erase, pixel_mask
from interpret.attribution.evidence import evidence
from interpret.choices import ChoiceError
from interpret.drawing.ledger import cell_at, draw_ledger
from interpret.drawing.scales import signed_scale
from model.images import to_tensor


def erase_cells(network, pixels: np.ndarray, cells: tuple[str, ...], fill: str = "mean") -> Erased:
    return erase(network, pixels, pixel_mask(cell_mask(cells)), fill)


def test_the_pixels_of_the_chosen_cells_are_filled_and_no_others(network, cat_pixels):
    erased = erase_cells(network, cat_pixels, ("A1", "C2")).pixels
    fill = np.rint(255 * np.array(network.config.mean))
    assert (erased[:8, :8] == fill).all() and (erased[8:16, 16:24] == fill).all()
    outside = np.ones((32, 32), bool)
    outside[:8, :8] = outside[8:16, 16:24] = False
    assert np.array_equal(erased[outside], cat_pixels[outside])


def test_a_blur_keeps_the_colours_but_not_the_detail(network, cat_pixels):
    erased = erase_cells(network, cat_pixels, CELL_NAMES, "blur").pixels.astype(float)
    assert abs(erased.mean() - cat_pixels.mean()) < 2
    assert np.abs(np.diff(erased, axis=0)).mean() < 0.5 * np.abs(np.diff(cat_pixels.astype(float), axis=0)).mean()


def test_measured_is_the_difference_of_two_forward_passes(network, cat_pixels):
    result = erase_cells(network, cat_pixels, ("B2", "B3"))
    before, after = (network(to_tensor(each[None]))[0] for each in (cat_pixels, result.pixels))
    torch.testing.assert_close(result.measured, after - before)


def test_predicted_is_the_evidence_that_is_lost(network, cat, cat_pixels):
    result = erase_cells(network, cat_pixels, ("B2", "D4"))
    cells = evidence(network, cat).cells
    torch.testing.assert_close(result.predicted, -(cells[:, 1, 1] + cells[:, 3, 3]))


def test_without_any_cell_nothing_changes(network, cat_pixels):
    result = erase_cells(network, cat_pixels, ())
    assert np.array_equal(result.pixels, cat_pixels)
    assert not result.predicted.any()
    torch.testing.assert_close(result.measured, torch.zeros(10), atol=1e-5, rtol=0)


def test_erasing_everything_is_predicted_to_take_the_whole_score(network, cat_pixels):
    result = erase_cells(network, cat_pixels, CELL_NAMES)
    torch.testing.assert_close(result.predicted, -result.before, rtol=1e-4, atol=1e-4)


def test_a_brushed_part_of_a_cell_is_predicted_to_take_that_part_of_its_evidence(network, cat, cat_pixels):
    """Columns 4 to 11 of the top eight rows: half of A1, half of B1."""
    mask = np.zeros((32, 32), bool)
    mask[:8, 4:12] = True
    cells = evidence(network, cat).cells
    result = erase(network, cat_pixels, mask)
    torch.testing.assert_close(result.predicted, -(cells[:, 0, 0] + cells[:, 0, 1]) / 2)
    assert np.array_equal(result.pixels[~mask], cat_pixels[~mask])


def test_a_brushed_mask_is_read_from_its_hexadecimal_digits():
    mask = np.random.default_rng(0).random((32, 32)) < 0.5
    assert np.array_equal(brushed_mask(np.packbits(mask).tobytes().hex()), mask)
    assert np.argwhere(brushed_mask("8" + "0" * 255)).tolist() == [[0, 0]]
    assert not brushed_mask("").any()


@pytest.mark.parametrize("wrong", ["0", "g" * 256, "0" * 255, "0" * 257])
def test_what_is_no_mask_is_answered_with_what_one_is(wrong):
    with pytest.raises(ChoiceError, match=f"256 hexadecimal digits.*got {len(wrong)} characters"):
        brushed_mask(wrong)


def test_cells_are_named_as_on_a_chess_board_from_the_top():
    assert np.argwhere(cell_mask(("C1",))).tolist() == [[0, 2]]
    assert np.argwhere(cell_mask(("A4",))).tolist() == [[3, 0]]


@pytest.mark.parametrize(("cells", "fill", "allowed"), [(("E1",), "mean", "A1, B1"), ((), "white", "mean, blur")])
def test_an_unknown_choice_is_answered_with_what_is_allowed(network, cat_pixels, cells, fill, allowed):
    with pytest.raises(ChoiceError, match=allowed):
        erase_cells(network, cat_pixels, cells, fill)


def test_a_click_finds_the_cell_that_is_drawn_there():
    for number, name in enumerate(CELL_NAMES):
        cells = torch.zeros(16)
        cells[number] = 1
        drawn = draw_ledger(cells.view(4, 4), signed_scale(np.ones(1), "logits"), "Evidence").astype(int)
        red = (drawn[..., 0] > 90) & (drawn[..., 1] < 20) & (drawn[..., 2] < 50)
        red[-30:] = False  # the legend
        y, x = np.argwhere(red).mean(axis=0)
        assert cell_at(round(x), round(y)) == name


def test_a_click_beside_the_cells_is_none():
    assert cell_at(2, 2) is None and cell_at(308, 150) is None and cell_at(150, 335) is None
