import pytest
import torch

from interpret.choices import ChoiceError
from interpret.layers.kernels import colour_kernels, convolutions_by_name, find_convolution, input_channel_kernels

STATE_KEYS = {
    "prep_layer": "prep_layer.0",
    "custom_block1": "custom_block1.0",
    "resnet_block1.0": "resnet_block1.0",
    "resnet_block1.3": "resnet_block1.3",
    "custom_block2": "custom_block2.0",
    "custom_block3": "custom_block3.0",
    "resnet_block3.0": "resnet_block3.0",
    "resnet_block3.3": "resnet_block3.3",
}


def test_the_eight_convolutions_have_eight_different_names(network):
    assert list(convolutions_by_name(network)) == list(STATE_KEYS)


@pytest.mark.parametrize(("name", "key"), STATE_KEYS.items())
def test_kernels_equal_the_state_dict(network, name, key):
    weight = network.state_dict()[f"{key}.weight"]
    for channel in {0, 1, weight.shape[1] - 1}:
        assert torch.equal(input_channel_kernels(find_convolution(network, name), channel), weight[:, channel])


def test_colour_kernels_show_all_three_inputs(network):
    colours = colour_kernels(find_convolution(network, "prep_layer"))
    assert torch.equal(colours.permute(0, 3, 1, 2), network.state_dict()["prep_layer.0.weight"])


def test_only_the_first_layer_has_colours(network):
    with pytest.raises(ValueError, match="no colours"):
        colour_kernels(find_convolution(network, "custom_block1"))


def test_an_input_channel_out_of_range_is_refused(network):
    with pytest.raises(ChoiceError, match="from 0 to 2"):
        input_channel_kernels(find_convolution(network, "prep_layer"), 3)


def test_an_unknown_layer_is_answered_with_the_layers_there_are(network):
    with pytest.raises(ChoiceError, match=r"resnet_block1\.0, resnet_block1\.3"):
        find_convolution(network, "resnet_block1")
