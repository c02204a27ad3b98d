import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from interpret.attribution.measured.masking import Sampling, cell_names, filling, showing
from interpret.choices import ChoiceError
from model.images import to_tensor


def test_cells_are_named_by_letters_across_and_numbers_down():
    assert cell_names(4)[:5] == ("A1", "B1", "C1", "D1", "A2")
    assert cell_names(8)[-1] == "H8" and len(set(cell_names(8))) == 64


@pytest.mark.parametrize("grid", [4, 8])
def test_only_the_shown_cells_keep_their_pixels(cat, grid):
    shown = np.zeros((2, grid * grid), bool)
    shown[0, cell_names(grid).index("B3")] = True
    shown[1] = True
    side = 32 // grid
    alone, whole = showing(cat, torch.zeros_like(cat), shown)
    rows, columns = slice(2 * side, 3 * side), slice(side, 2 * side)
    assert torch.equal(alone[:, rows, columns], cat[0, :, rows, columns])
    assert alone.count_nonzero() <= 3 * side**2
    assert torch.equal(whole, cat[0])


def test_a_larger_image_has_larger_cells():
    image = torch.ones(1, 3, 64, 64)
    shown = showing(image, torch.zeros_like(image), np.eye(16, dtype=bool)[:1])
    assert shown[0, 0, :16, :16].min() == 1 and shown.sum() == 3 * 16 * 16


def test_a_hole_has_the_training_sets_mean_colour(network, cat):
    colour = filling(network, cat, "mean")[0, :, 5, 5] * 255
    assert colour.round().tolist() == [125, 123, 114]
    torch.testing.assert_close(colour, colour.round())


def test_or_is_the_image_blurred(network, cat, cat_pixels):
    blurred = np.array(Image.fromarray(cat_pixels).filter(ImageFilter.GaussianBlur(4)))
    assert torch.equal(filling(network, cat, "blur"), to_tensor(blurred[None]))


def test_numbers_from_sliders_become_whole():
    sampling = Sampling(16.0, 3.0, "8x8")
    assert (sampling.orders, sampling.seed, sampling.side) == (16, 3, 8)
    assert isinstance(sampling.orders, int) and isinstance(sampling.seed, int)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"orders": 7}, "orders must be an even number from 2 to 64, got 7"),
        ({"orders": 66}, "orders must be an even number from 2 to 64, got 66"),
        ({"orders": 0}, "orders must be an even number from 2 to 64"),
        ({"seed": -1}, "seed must be a whole number from 0 to"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"grid": "5x5"}, "Unknown grid '5x5'. Allowed: 4x4, 8x8"),
        ({"fill": "black"}, "Unknown fill 'black'. Allowed: mean, blur"),
    ],
)
def test_sampling_that_is_not_possible_is_refused(wrong, message):
    with pytest.raises(ChoiceError, match=message):
        Sampling(**wrong)
