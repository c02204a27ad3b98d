import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.tabs.feature_maps import feature_maps_endpoint
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


def test_a_call_with_a_picture_alone_shows_channel_16_and_the_first_layer(served):
    stages, grid, sentence = feature_maps_endpoint(served)(CAT)
    assert sentence.startswith("Channel 16 responds to this picture in ")
    assert "; in prep_layer, " in sentence and sentence.endswith(" of 64 channels do.")
    sizes = []
    for path in (stages, grid):
        with Image.open(path) as picture:
            sizes.append(picture.size)
    assert sizes == [(3 * 204 + 12, 2 * 268 + 12), (8 * 98 - 2 + 24, 8 * 98 - 2 + 36 + 36 + 16 + 24)]


def test_the_sentence_counts_what_the_forward_pass_gives(served, network, cat):
    *_, sentence = feature_maps_endpoint(served)(CAT, 5, "custom_block3")
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
        ((None,), "Choose a picture first"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(served, arguments, allowed):
    with pytest.raises(gr.Error) as caught:
        feature_maps_endpoint(served)(*arguments)
    assert allowed in caught.value.message
