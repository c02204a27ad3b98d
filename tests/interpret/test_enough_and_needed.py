"""The fewest cells that a class can be said by, and not be said without, each as a run of the network says."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

from interpret.attribution.measured.masking import Sampling
from interpret.choices import ChoiceError
from interpret.enough_and_needed import EnoughAndNeeded, enough_and_needed
from interpret.explainer import Explainer
from interpret.explanation import Question
from model.images import prepare, to_tensor
from tests.conftest import EXAMPLES

CAT, HORSE = str(EXAMPLES / "cat.png"), str(EXAMPLES / "horse.png")
FILL = (125, 123, 114)


@pytest.fixture(scope="module")
def found(explainer: Explainer) -> EnoughAndNeeded:
    return enough_and_needed(explainer, Question(HORSE))


def pixels_of(image: str, cells: tuple[str, ...], *, shown: bool) -> np.ndarray:
    """The picture with these cells shown alone, or erased, drawn here by hand."""
    pixels = prepare(image)
    hidden = np.full((32, 32), shown)
    for name in cells:
        row, column = int(name[1]) - 1, "ABCD".index(name[0])
        hidden[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = not shown
    return np.where(hidden[..., None], np.array(FILL, np.uint8), pixels)


def said_of(network, pixels: np.ndarray) -> tuple[str, float]:
    probabilities = (network(to_tensor(pixels[None]))[0] / network.config.temperature).softmax(0)
    best = int(probabilities.argmax())
    return network.config.class_names[best], float(probabilities[best])


def test_what_is_enough_is_what_the_network_says_of_these_cells_alone(found, network):
    pixels = pixels_of(HORSE, found.enough.cells, shown=True)
    assert np.array_equal(found.enough.pixels, pixels)
    class_name, confidence = said_of(network, pixels)
    assert (found.enough.class_name, found.enough.confidence) == (class_name, pytest.approx(confidence, abs=1e-5))
    assert class_name == "horse" and confidence >= 0.5


def test_what_is_needed_is_what_it_does_not_say_the_class_without(found, network):
    pixels = pixels_of(HORSE, found.needed.cells, shown=False)
    assert np.array_equal(found.needed.pixels, pixels)
    class_name, confidence = said_of(network, pixels)
    assert (found.needed.class_name, found.needed.confidence) == (class_name, pytest.approx(confidence, abs=1e-5))
    assert class_name != "horse"


def test_both_are_said_with_cells_class_and_confidence(found):
    sentence = found.sentence()
    cells = r"[A-D][1-4](?:(?:, [A-D][1-4])* and [A-D][1-4])?"
    assert re.fullmatch(
        rf"\*\*Enough:\*\* shown only {cells} it still says horse, \d+%\. "
        rf"\*\*Needed:\*\* without {cells} it says \w+, \d+%\.",
        sentence,
    )


def test_a_class_that_is_not_said_of_the_whole_picture_needs_nothing(explainer):
    found = enough_and_needed(explainer, Question(HORSE, class_names=("dog",)))
    sentence = found.sentence()
    assert found.needed is None
    assert "**Needed:** it does not say dog of the whole picture, but horse." in sentence
    assert "still" not in sentence


def test_what_even_the_blank_picture_is_called_needs_no_cell(explainer, tmp_path):
    Image.new("RGB", (32, 32), FILL).save(tmp_path / "blank.png")
    found = enough_and_needed(explainer, Question(str(tmp_path / "blank.png")))
    assert found.needed is None and "**Needed:** whichever set of up to 15 cells" in found.sentence()
    if found.enough is not None:
        assert found.enough.cells == () and "even of the blank picture" in found.sentence()


def test_the_worth_of_cells_adds_up_and_says_how_sure_it_is(found, network):
    numbers = found.numbers()
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["score"] - numbers["blank_score"], abs=1e-4)
    blank = np.full((1, 32, 32, 3), FILL, np.uint8)
    assert numbers["blank_score"] == pytest.approx(float(network(to_tensor(blank))[0, 7]), abs=1e-4)
    assert np.shape(numbers["standard_errors"]) == (4, 4) and np.min(numbers["standard_errors"]) > 0
    assert torch.all(found.errors > torch.tensor(numbers["standard_errors"])), "a 95% interval is wider"


def test_a_single_pair_of_orders_has_no_errors_and_is_drawn_all_the_same(explainer):
    found = enough_and_needed(explainer, Question(CAT, sampling=Sampling(orders=2)))
    assert found.numbers()["standard_errors"] is None
    assert found.picture().shape == enough_and_needed(explainer, Question(CAT)).picture().shape


def test_finer_cells_have_names_of_their_own(explainer):
    found = enough_and_needed(explainer, Question(CAT, sampling=Sampling(grid="8x8", orders=2)))
    assert np.shape(found.numbers()["cells"]) == (8, 8)
    assert all(re.fullmatch("[A-H][1-8]", cell) for cell in found.enough.cells)


def test_another_seed_gives_another_map_and_the_same_one_the_same(explainer):
    once, again, other = (
        enough_and_needed(explainer, Question(CAT, sampling=Sampling(orders=2, seed=seed))).numbers()["cells"]
        for seed in (5, 5, 6)
    )
    assert once == again != other


def test_an_unknown_class_is_refused(explainer):
    with pytest.raises(ChoiceError, match="airplane"):
        enough_and_needed(explainer, Question(CAT, class_names=("tiger",)))
