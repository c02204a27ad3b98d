import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.misclassified.selection import Selection
from interpret.tabs.misclassified.opened import (
    carrier,
    clicked,
    error_endpoint,
    forgetter,
    neighbour_in_list,
    opener_on_page,
    teller,
)
from tests.conftest import EXAMPLES
from tests.interpret.tabs.misclassified import conftest

EVERYTHING = ["any", "any", "confidence", "any", 0, 1, 0]


@pytest.fixture
def kept(release, errors, tmp_path) -> str:
    """The file of test picture 2405, a frog that is labelled cat."""
    path = tmp_path / "error.png"
    Image.fromarray(release.misclassified.images[errors.row_of(2405)]).save(path)
    return str(path)


def test_the_endpoint_answers_with_all_that_is_known_of_an_error(served, errors, release):
    picture, confidences, _, neighbours, sentence, numbers = error_endpoint(served, errors)(2405)
    row = errors.row_of(2405)
    with Image.open(picture) as shown:
        assert np.array_equal(
            np.asarray(shown), np.kron(release.misclassified.images[row], np.ones((8, 8, 1), np.uint8))
        )
    assert list(confidences.values()) == pytest.approx(release.misclassified.probabilities[row].tolist())
    assert len(neighbours) == release.nearest.labels.shape[1]
    assert "labelled cat and taken for frog" in sentence
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["margin"], rel=1e-6)


@pytest.mark.parametrize("index", [1, -1, 2405.5, 10_000])
def test_a_picture_that_is_no_error_is_refused_in_words(served, errors, index):
    with pytest.raises(gr.Error, match=r"is not among this release's 527 errors"):
        error_endpoint(served, errors)(index)


def test_the_page_shows_nothing_while_no_error_is_open(served, errors):
    for index, words in ((None, ""), (1, "Test picture 1 is not among this release's 527 errors.")):
        *_, sentence, _, section = opener_on_page(served, errors)(index)
        assert (sentence, section) == (words, gr.update(visible=False))
    assert opener_on_page(served, errors)(2405)[-1] == gr.update(visible=True)


def test_the_page_never_rounds_an_errors_confidence_up_to_certainty(served, errors):
    _, label, *_ = opener_on_page(served, errors)(2405)
    assert "<b>over 99%</b>" in label and "100%" not in label


def test_a_click_opens_the_error_that_is_shown_there_and_none_that_was_taken_away():
    unmarked = gr.update(selected_index=None)
    assert clicked([30, 10, 20], conftest.clicked(1)) == (10, unmarked)
    assert clicked([30], conftest.clicked(1)) == (gr.skip(), unmarked)


def test_previous_and_next_follow_the_list_and_stop_at_its_ends(served, errors):
    listed = errors.samples.test_indices[errors.select(Selection())].tolist()
    back, on = (neighbour_in_list(served, errors, step) for step in (-1, 1))
    assert on(listed[3], *EVERYTHING) == listed[4] and back(listed[3], *EVERYTHING) == listed[2]
    assert back(listed[0], *EVERYTHING) == listed[0] and on(listed[-1], *EVERYTHING) == listed[-1]
    assert on(None, *EVERYTHING) == listed[0]
    assert on(3, "airplane", "dog", *EVERYTHING[2:]) == gr.skip(), "an empty list"


@pytest.mark.parametrize("tab", ["gradcam", "feature_maps"])
def test_an_error_is_carried_to_another_tab_predicted_against_true(served, errors, tab):
    carried, picture, predicted, true, selected = carrier(served, errors, tab)(2405)
    assert (carried, predicted, true) == ([2405], "frog", "cat") and selected == gr.update(selected=tab)
    with Image.open(picture) as shown:
        assert np.array_equal(np.asarray(shown), errors.samples.images[errors.row_of(2405)])
    assert carrier(served, errors, tab)(None) == (gr.skip(),) * 5


def test_another_picture_than_the_error_is_explained_by_its_own_prediction(served, errors, kept):
    forget = forgetter(served, errors)
    assert forget(str(EXAMPLES / "cat.png"), "crop", [2405]) == ([], "predicted", "none")
    for picture, carried in ((kept, [2405]), (None, [2405]), (str(EXAMPLES / "cat.png"), [])):
        assert forget(picture, "crop", carried) == gr.skip()


def test_wherever_an_error_is_met_what_people_said_of_its_label_is_told(served, errors, kept):
    tell = teller(served, errors)
    assert tell(kept, "crop") == (
        "Test picture 2,405, labelled cat: the network gets it wrong. Of 5 people who were asked whether it is cat or "
        "frog, 5 said frog: the label is rejected."
    )
    assert tell(str(EXAMPLES / "cat.png"), "crop") == "" and tell("gone.png", "crop") == ""
    assert tell(None, "crop") == gr.skip()


@pytest.mark.parametrize("squaring", ["crop", "fit"])
def test_an_example_of_none_of_the_classes_is_said_to_be_one(served, errors, squaring):
    tell = teller(served, errors)
    for name, words in (("coffee.jpg", "none of the"), ("hedgehog.jpg", "none of the"), ("dog.jpg", "")):
        said = tell(str(EXAMPLES / "photographs" / name), squaring)
        assert words in said and bool(said) is bool(words)
