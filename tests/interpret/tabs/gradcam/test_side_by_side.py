import gradio as gr
import pytest

from interpret.tabs.gradcam.side_by_side import choose_method, side_by_side_endpoint, side_by_side_on_page
from interpret.tabs.page.stopping import Stops
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")
ASKED = (["occlusion", "grad_cam", "shared_credit"], "resnet_block3", "predicted", "crop", "road", 2, 0, "4x4", "mean")


def test_the_endpoint_answers_with_pictures_a_table_and_a_sentence(served):
    gallery, table, sentence = side_by_side_endpoint(served)(CAT, ["hires_cam", "grad_cam"])
    assert len(gallery) == len(table) == 2 and sentence.startswith("2 methods")
    assert all(picture.endswith(".png") and caption for picture, caption in gallery)
    assert list(table["method"]) == ["Grad-CAM", "HiResCAM"], "by ROAD"


def test_on_the_page_quick_methods_are_shown_while_slow_ones_are_asked(served):
    *steps, last = side_by_side_on_page(served)(Stops(), CAT, *ASKED)
    first = next(each for each in steps if each[0] != gr.skip())
    assert set(first[3]) == {"grad_cam", "shared_credit"} and "Occlusion <progress" in first[4]["value"]
    assert len(last[0]) == 3 and set(last[3]) == {"occlusion", "grad_cam", "shared_credit"}
    assert last[4:] == (gr.update(visible=False), gr.update(visible=False))


def test_pictures_are_sent_once_and_not_with_every_step_of_a_slow_method(served):
    asked = (["score_cam", "grad_cam"], *ASKED[1:])
    steps = list(side_by_side_on_page(served)(Stops(), CAT, *asked))
    assert len(steps) > 5 and sum(each[0] != gr.skip() for each in steps) == 2


def test_a_click_on_a_map_chooses_its_method():
    first, second = (gr.SelectData(None, {"index": index, "value": None}) for index in (0, 1))
    assert choose_method(["shapley", "grad_cam"], second) == ("grad_cam", gr.update(selected_index=None))
    assert choose_method([], first) == (gr.skip(), gr.skip()), "emptied in the meantime"


def test_no_method_is_refused_in_words(served):
    with pytest.raises(gr.Error, match="from 1 to 12 methods"):
        side_by_side_endpoint(served)(CAT, [])
