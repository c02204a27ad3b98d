import pytest
import torch
from torch import nn
from torch.nn import functional as F

from interpret.choices import ChoiceError
from interpret.layers.kernels import (
    colour_kernels,
    convolutions_by_name,
    find_convolution,
    input_channel_kernels,
    kernel_inputs,
)

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
    with pytest.raises(ChoiceError, match=r"resnet_block1\.0, resnet_block1\.3.*resnet_block1, resnet_block3\."):
        find_convolution(network, "resnet_block2")


@pytest.mark.parametrize("stage", ["resnet_block1", "resnet_block3"])
def test_a_residual_stages_name_means_its_first_convolution(network, stage):
    assert find_convolution(network, stage).name == f"{stage}.0"
    assert find_convolution(network, stage).module is getattr(network, stage)[0]


@pytest.mark.parametrize(("name", "key"), STATE_KEYS.items())
def test_a_kernels_inputs_equal_the_state_dict(network, name, key):
    weight = network.state_dict()[f"{key}.weight"]
    for kernel in (0, len(weight) - 1):
        assert torch.equal(kernel_inputs(find_convolution(network, name), kernel), weight[kernel])


@pytest.mark.parametrize("kernel", [64, -2, 0.5])
def test_a_kernel_that_is_not_there_is_refused(network, kernel):
    with pytest.raises(ChoiceError, match=r"kernel of prep_layer \(-1 for none\) must be a whole number from 0 to 63"):
        kernel_inputs(find_convolution(network, "prep_layer"), kernel)


def batch_norm_after(network, key: str) -> nn.BatchNorm2d:
    stage, index = key.split(".")
    return next(each for each in getattr(network, stage)[int(index) :] if isinstance(each, nn.BatchNorm2d))


@pytest.mark.parametrize(("name", "key"), STATE_KEYS.items())
def test_a_convolution_with_folded_weights_equals_convolution_then_batch_norm(network, name, key):
    found, norm = find_convolution(network, name), batch_norm_after(network, key)
    assert not norm.training
    images = torch.randn(2, found.input_channels, 7, 9, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = norm(found.module(images))
        folded = F.conv2d(images, found.weights(folded=True), found.biases, padding=1)
    # Float32 sums of up to 4,608 products, in another order: relative to how large the outputs are.
    assert torch.allclose(folded, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))
    assert not torch.allclose(folded, found.module(images).detach(), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(("name", "key"), STATE_KEYS.items())
def test_a_max_pool_stands_before_batch_norm_in_the_custom_blocks_alone(network, name, key):
    stage, index = key.split(".")
    assert find_convolution(network, name).pooled == isinstance(getattr(network, stage)[int(index) + 1], nn.MaxPool2d)
    assert find_convolution(network, name).pooled == name.startswith("custom")


def test_the_folded_kernels_of_a_channel_and_in_colour_are_those_of_the_folded_weights(network):
    found = find_convolution(network, "prep_layer")
    folded = found.weights(folded=True)
    assert torch.equal(input_channel_kernels(found, 2, folded=True), folded[:, 2])
    assert torch.equal(kernel_inputs(found, 7, folded=True), folded[7])
    assert torch.equal(colour_kernels(found, folded=True), folded.permute(0, 2, 3, 1))
