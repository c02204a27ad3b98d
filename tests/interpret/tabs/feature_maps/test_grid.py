import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.drawing.render import panel_origin
from interpret.tabs.feature_maps.grid import clicked, feature_maps_endpoint, on_page
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


def test_a_call_with_a_picture_alone_shows_channel_16_and_the_first_layer(served):
    stages, grid, sentence, _ = feature_maps_endpoint(served)(CAT)
    assert sentence.startswith("Channel 16 responds to this picture in ")
    assert "; in prep_layer, " in sentence and sentence.endswith(" of 64 channels do.")
    sizes = []
    for path in (stages, grid):
        with Image.open(path) as picture:
            sizes.append(picture.size)
    assert sizes == [(3 * 204 + 12, 2 * 268 + 12), (8 * 98 - 2 + 24, 8 * 98 - 2 + 36 + 36 + 16 + 24)]


def test_the_sentence_counts_what_the_forward_pass_gives(served, network, cat):
    *_, sentence, _ = feature_maps_endpoint(served)(CAT, 5, "custom_block3")
    _, activations = network.forward_with_activations(cat)
    responding = sum(bool((maps[0, 5] > 0).any()) for maps in activations.values())
    alive = int((activations["custom_block3"][0].amax(dim=(1, 2)) > 0).sum())
    assert sentence == (
        f"Channel 5 responds to this picture in {responding} of 6 layers; in custom_block3, {alive} of 512 channels do."
    )


def test_another_way_to_make_the_picture_square_gives_other_maps(served, tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, (40, 80, 3), dtype=np.uint8)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    crop, fit = (
        feature_maps_endpoint(served)(str(tmp_path / "wide.png"), 5, squaring=each) for each in ("crop", "fit")
    )
    assert crop[0] != fit[0]


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ((CAT, 64), "channel must be a whole number from 0 to 63, got 64."),
        ((CAT, 5, "pool4"), "Unknown layer 'pool4'. Allowed: prep_layer, custom_block1"),
        ((CAT, 5, "prep_layer", "crop", "softmax"), "Unknown point 'softmax'"),
        ((CAT, 5, "prep_layer", "crop", "output", "adds"), "Only channels of resnet_block3's output"),
        (
            (CAT, 5, "prep_layer", "crop", "output", "number", "log"),
            "Unknown scale 'log'. Allowed: layer, map, network",
        ),
        ((CAT, 5, "prep_layer", "crop", "output", "number", "map", "tiger"), "tiger"),
        ((None,), "Choose a picture first"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(served, arguments, allowed):
    with pytest.raises(gr.Error) as caught:
        feature_maps_endpoint(served)(*arguments)
    assert allowed in caught.value.message


def test_the_numbers_say_the_order_the_silent_channels_and_what_each_adds(served, network, cat):
    numbers = feature_maps_endpoint(served)(CAT, 5, "resnet_block3", sort="adds", class_name="dog")[-1]
    adds = np.array(numbers["adds"]["logits"])
    assert numbers["adds"]["class"] == "dog" and len(adds) == 512
    assert (np.diff(adds[numbers["order"]]) <= 0).all()
    assert adds.sum() == pytest.approx(float(network(cat)[0, 5].detach()), rel=1e-5)
    assert np.array(numbers["strongest"])[numbers["silent"]].max(initial=0) == 0


def test_scales_and_points_change_the_picture_and_not_the_numbers(served):
    pictures = {
        feature_maps_endpoint(served)(CAT, 5, "custom_block1", "crop", point, "number", scale)[1]
        for point, scale in (("output", "layer"), ("output", "map"), ("output", "network"), ("batch_norm", "layer"))
    }
    assert len(pictures) == 4


def test_a_click_opens_the_channel_that_is_drawn_there_in_any_order(served):
    *_, drawn = on_page(served)(CAT, 5, "prep_layer", "crop", "output", "response", "layer", "predicted")
    left, top = panel_origin(8 * 98 - 2)
    event = gr.SelectData(None, {"index": [left + 98 + 5, top + 5], "value": None})
    assert clicked(drawn, event) == drawn[2]
    assert clicked([], event) == gr.skip()


def test_without_a_picture_the_page_keeps_what_it_shows(served):
    assert on_page(served)(None, 5, "prep_layer") == (gr.skip(),) * 5


def test_what_cannot_be_shown_is_said_on_the_page_in_its_place(served):
    asked = (CAT, 5, "resnet_block3", "crop", "relu", "number", "layer", "predicted")
    _, grid, words, _, drawn = on_page(served)(*asked)
    assert (grid, drawn) == (None, []) and "resnet_block3 has two convolutions" in words
