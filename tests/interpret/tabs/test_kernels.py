import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.layers.kernels import convolutions_by_name
from interpret.tabs.kernels import choices, kernels_endpoint


def test_the_page_names_each_convolution_with_its_number_and_sizes(network):
    titles = choices(convolutions_by_name(network))
    assert titles[0] == ("1: prep_layer, 64 kernels, 3 inputs", "prep_layer")
    assert titles[3] == ("4: resnet_block1.3, 128 kernels, 128 inputs", "resnet_block1.3")
    assert titles[7] == ("8: resnet_block3.3, 512 kernels, 512 inputs", "resnet_block3.3")
    assert len(titles) == 8


def test_the_first_layer_is_shown_in_the_colours_of_its_weights(served, network):
    path, sentence = kernels_endpoint(served)()
    assert sentence == "All 64 kernels of prep_layer, on red, green and blue together; grey is zero."
    weight = network.state_dict()["prep_layer.0.weight"].numpy()
    with Image.open(path) as picture:
        first = np.asarray(picture)[48 : 48 + 75 : 25, 12 : 12 + 75 : 25]
    expected = 127.5 * (1 + weight[0].transpose(1, 2, 0) / np.abs(weight).max())
    assert np.abs(first - expected).max() <= 0.51


@pytest.mark.parametrize(("layer", "rgb"), [("prep_layer", False), ("custom_block1", True)])
def test_one_input_channel_is_shown_where_colours_are_not_wanted_or_not_there(served, layer, rgb):
    _, sentence = kernels_endpoint(served)(layer, 2, rgb)
    count, inputs = {"prep_layer": (64, 3), "custom_block1": (128, 64)}[layer]
    assert sentence == (
        f"What each of the {count} kernels of {layer} does to channel 2 of its {inputs} inputs. "
        "Red adds, blue subtracts."
    )


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("fc",), "Unknown layer 'fc'. Allowed: prep_layer, custom_block1, resnet_block1.0"),
        (("prep_layer", 3, False), "from 0 to 2, got 3"),
        (("custom_block1", 0.5, False), "from 0 to 63, got 0.5"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(served, arguments, allowed):
    with pytest.raises(gr.Error) as caught:
        kernels_endpoint(served)(*arguments)
    assert allowed in caught.value.message
