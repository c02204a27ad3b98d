import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.drawing.render import panel_origin
from interpret.tabs.feature_maps.cell import (
    INSIDE,
    cell_clicker,
    cell_endpoint,
    channel_on_page,
    linked,
    switch_off_endpoint,
)
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")
FIRST = [CAT, "crop", "custom_block1", "output", 3]


def test_a_cells_number_is_told_with_its_steps_and_what_it_sees(served, network, cat):
    picture, sentence, numbers = cell_endpoint(served)(CAT, "custom_block1", 3, 4, 5)
    _, activations = network.forward_with_activations(cat)
    assert numbers["value"] == pytest.approx(float(activations["custom_block1"][0, 3, 4, 5]), abs=1e-6)
    assert sentence.startswith(f"Channel 3 of custom_block1 is {numbers['value']:.3f} at row 4, column 5. The products")
    assert sentence.endswith("It sees rows 6 to 11 and columns 8 to 13 of the picture's 32×32 pixels.")
    with Image.open(picture) as shown:
        assert shown.size == (256, 256)


def test_switching_a_channel_off_tells_all_confidences_before_and_after(served):
    table, sentence = switch_off_endpoint(served)(CAT, "resnet_block3", 7)
    assert len(table) == 10 and table.iloc[:, 1].sum() == pytest.approx(1, abs=1e-3)
    assert table.iloc[:, 1].is_monotonic_decreasing and sentence.startswith("Without channel 7 of resnet_block3")


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ((None,), "Choose a picture first"),
        ((CAT, "fc"), "Unknown layer 'fc'"),
        ((CAT, "prep_layer", 64), "from 0 to 63"),
    ],
)
def test_what_is_not_there_is_refused_in_words(served, arguments, allowed):
    for endpoint in (cell_endpoint(served), switch_off_endpoint(served)):
        with pytest.raises(gr.Error) as caught:
            endpoint(*arguments)
        assert allowed in caught.value.message


def test_a_channel_that_was_just_opened_shows_its_strongest_cell(served, network, cat):
    *_, row, column, last, section = channel_on_page(served)([], *FIRST, None, None)
    _, activations = network.forward_with_activations(cat)
    maps = activations["custom_block1"][0, 3].detach().numpy()
    assert (row, column) == tuple(int(each) for each in np.unravel_index(maps.argmax(), maps.shape))
    assert last == FIRST and section == gr.update(visible=True)


def test_the_same_channel_keeps_the_cell_that_was_chosen_and_another_one_does_not(served):
    show = channel_on_page(served)
    kept = (gr.skip(), gr.skip())
    assert show(FIRST, *FIRST, 2, 7)[6:8] == kept, "the visitor may be typing"
    assert "at row 2, column 7" in show(FIRST, *FIRST, 2, 7)[2]
    other = [*FIRST[:4], 4]
    assert show(FIRST, *other, 2, 7)[6:8] == show([], *other, None, None)[6:8]
    small = [CAT, "crop", "resnet_block3", "output", 400]
    assert show(small, *small, 30, 30)[6:8] == (3, 3), "a layer of fewer cells"
    assert "at row 0, column 0" in show(FIRST, *FIRST, None, None)[2]


def test_a_cell_that_a_link_has_chosen_stays_and_that_of_another_channel_gives_way_to_the_strongest(served):
    show, asked = channel_on_page(served), (CAT, "crop", "custom_block1", "output", 9, 3, 12)
    of_link, of_another = linked("custom_block1", "output", 9), linked("custom_block1", "output", 8)
    assert "at row 3, column 12." in show(of_link, *asked)[2]
    assert "at row 3, column 12." not in show(of_another, *asked)[2]


def test_inside_a_residual_layer_the_map_is_shown_and_the_arithmetic_is_said_to_be_elsewhere(served):
    inside = [CAT, "crop", "resnet_block1.0", "output", 3]
    drawn, field, steps, *_ = channel_on_page(served)([], *inside, None, None)
    assert drawn.endswith(".png") and field is None and steps == INSIDE


def test_nothing_is_shown_while_no_channel_is_open(served):
    assert channel_on_page(served)([], CAT, "crop", "prep_layer", "output", None, None, None)[-1] == gr.update(
        visible=False
    )


def test_a_click_on_the_map_chooses_its_cell(served):
    left, top = panel_origin(288)
    event = gr.SelectData(None, {"index": [left + 288 // 16 * 5 + 1, top + 1], "value": None})
    assert cell_clicker(served)(CAT, "crop", "custom_block1", "output", event) == (0, 5)
    beside = gr.SelectData(None, {"index": [0, 0], "value": None})
    assert cell_clicker(served)(CAT, "crop", "custom_block1", "output", beside) == (gr.skip(), gr.skip())


def test_a_point_that_a_layer_has_not_is_said_in_place_of_its_map(served):
    drawn, _, words, *_ = channel_on_page(served)([], CAT, "crop", "resnet_block3", "relu", 3, None, None)
    assert drawn is None and "resnet_block3 has two convolutions" in words
