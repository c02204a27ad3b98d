import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.layers.kernels import convolutions_by_name
from interpret.tabs.kernels.answer import viewer_of
from interpret.tabs.kernels.tab import choices, clicked, kernels_tab, shower_on_page

ORANGE = (234, 88, 12)


@pytest.fixture(scope="module")
def show(served):
    return shower_on_page(served, viewer_of(served))


def click(x: int, y: int) -> gr.SelectData:
    return gr.SelectData(None, {"index": [x, y], "value": None})


def framed_at(path: str) -> list[int]:
    """Row and column of the upper left corner of the frame."""
    with Image.open(path) as picture:
        return np.argwhere((np.asarray(picture) == ORANGE).all(axis=-1)).min(axis=0).tolist()


def test_the_page_names_each_convolution_with_its_number_and_sizes(network):
    titles = choices(convolutions_by_name(network))
    assert titles[0] == ("1: prep_layer, 64 kernels, 3 inputs", "prep_layer")
    assert titles[3] == ("4: resnet_block1.3, 128 kernels, 128 inputs", "resnet_block1.3")
    assert titles[7] == ("8: resnet_block3.3, 512 kernels, 512 inputs", "resnet_block3.3")
    assert len(titles) == 8


@pytest.mark.parametrize("sort", ["number", "norm"])
def test_a_click_chooses_the_kernel_that_is_shown_there_in_the_order_shown(show, network, sort):
    order = show("prep_layer", 0, True, 0, False, sort, "prep_layer")[-2]
    weight = network.state_dict()["prep_layer.0.weight"].flatten(1).norm(dim=1)
    expected = weight.argsort(descending=True).tolist() if sort == "norm" else list(range(64))
    # The third kernel of the second row: tiles of 75 pixels, 4 apart, from (12, 48) on.
    assert clicked(order, click(12 + 2 * 79 + 40, 48 + 79 + 70)) == expected[10]
    assert clicked(order, click(13, 49)) == expected[0]


def test_kernels_stand_by_what_is_lost_without_them_where_that_was_measured(show, release):
    order = show("resnet_block3.3", 0, False, 0, False, "lost", "resnet_block3.3")[-2]
    assert order == np.argsort(release.channels["resnet_block3.3"].right_without.sum(axis=1), kind="stable").tolist()


def test_kernels_of_a_layer_that_was_not_measured_stand_by_number_which_is_said(partly_measured):
    show = shower_on_page(partly_measured, viewer_of(partly_measured))
    answer = show("prep_layer", 0, True, 0, False, "lost", "resnet_block3.3")
    assert answer[-2] == list(range(64)) and answer[-1] == "prep_layer", "the page is the new layer's all the same"
    words = "What the network loses without channels of prep_layer was not measured for this release. They stand by"
    assert answer[7].startswith(f"{words} number.")


def test_a_click_beside_all_kernels_or_before_there_are_any_chooses_nothing():
    assert clicked(list(range(64)), click(300, 20)) == gr.skip()
    assert clicked([], click(100, 100)) == gr.skip()


def test_the_chosen_kernel_is_framed_where_it_stands_and_described(show, network):
    weight = network.state_dict()["prep_layer.0.weight"].flatten(1).norm(dim=1)
    place = weight.argsort(descending=True).tolist().index(9)
    answer = show("prep_layer", 0, True, 9, False, "norm", "prep_layer")
    assert framed_at(answer[0]) == [48 + 79 * (place // 8) - 3, 12 + 79 * (place % 8) - 3]
    assert answer[5]["visible"] and answer[6].startswith("Kernel 9 of prep_layer: ")
    assert f"number {place + 1} of 64 by norm" in answer[6]


def test_without_a_chosen_kernel_the_page_says_how_to_choose_one(show):
    for none in (None, -1):
        answer = show("prep_layer", 0, True, none, False, "number", "prep_layer")
        assert answer[5] == gr.update(visible=False)
        assert answer[6] == "Click a kernel, or type its number, from 0 to 63, to see all of its inputs."


def test_another_layer_begins_with_its_first_input_channel_and_kernel(show):
    answer = show("prep_layer", 200, False, 300, False, "number", "custom_block3")
    _, sentence, _, frequencies, _, _, line, _, channel, rgb, kernel, _, layer = answer
    assert "does to channel 0 of its 3 inputs" in sentence and line.startswith("Kernel 0 of prep_layer")
    assert channel == gr.update(visible=True, value=0, maximum=2) and rgb == gr.update(visible=True)
    assert kernel == 0 and layer == "prep_layer" and frequencies["visible"]


def test_the_same_layer_keeps_what_was_chosen_and_its_controls_show_where_they_do_something(show):
    in_colour = show("prep_layer", 1, True, 5, False, "number", "prep_layer")
    assert in_colour[8] == gr.update(visible=False) and in_colour[10] == gr.skip()
    deep = show("custom_block1", 1, True, 5, False, "number", "custom_block1")
    assert deep[8] == gr.update(visible=True) and deep[9] == gr.update(visible=False)
    assert not deep[3]["visible"]


def test_a_kernel_that_is_not_there_is_refused_in_words(show):
    with pytest.raises(gr.Error, match="from 0 to 63, got 64"):
        show("prep_layer", 0, True, 64, False, "number", "prep_layer")


def test_nothing_is_drawn_before_the_tab_is_opened(served, blocks):
    with gr.Tab("Kernels") as tab:
        kernels_tab(served, tab)
    events = [event for each in blocks.fns.values() for event in each.targets]
    assert (tab._id, "select") in events
    assert "load" not in {name for _, name in events}
