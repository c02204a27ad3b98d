import gradio as gr
import pytest
from PIL import Image

from interpret.tabs.gradcam.enough_and_needed import measured_endpoint, measured_on_page
from interpret.tabs.page.stopping import Stops, count_a_stop
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")
USUAL = ("predicted", "crop", 8, 0, "4x4", "mean")


def test_the_endpoint_answers_with_three_pictures_a_sentence_and_the_numbers(served):
    *pictures, sentence, numbers = measured_endpoint(served)(CAT)
    for each in pictures[1:]:
        with Image.open(each) as shown:
            assert shown.size == (256, 256)
    assert "**Enough:**" in sentence and "**Needed:**" in sentence
    assert numbers["enough"]["cells"] and numbers["orders"] == 8 and numbers["class"] == "cat"


def test_what_is_not_found_is_no_picture(served):
    _, _, needed, sentence, numbers = measured_endpoint(served)(CAT, "dog", fill="blur", orders=2)
    assert numbers["needed"] is None and needed is None
    assert "does not say dog" in sentence


def test_on_the_page_it_says_how_far_it_is_before_it_answers(served):
    *steps, answer = measured_on_page(served)(Stops(), CAT, *USUAL)
    for each in steps:
        assert each[:5] == (gr.skip(),) * 5 and "Erasing cells <progress value=" in each[5]["value"]
    assert answer[5:] == (gr.update(visible=False), gr.update(visible=False))
    assert answer[3] == measured_endpoint(served)(CAT)[3]


def test_stop_ends_it_without_an_answer(served):
    stops = Stops()
    asked = measured_on_page(served)(stops, CAT, "predicted", "crop", 64, 9, "4x4", "mean")
    next(asked)
    count_a_stop(stops)
    (last,) = asked
    assert last[:5] == (gr.skip(),) * 5 and last[5:] == (gr.update(visible=False),) * 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"orders": 3}, "even number"), ({"grid": "6x6"}, "4x4, 8x8"), ({"class_name": "x"}, "airplane")],
)
def test_what_is_not_possible_is_refused_in_words(served, wrong, said):
    with pytest.raises(gr.Error, match=said):
        measured_endpoint(served)(CAT, **wrong)
