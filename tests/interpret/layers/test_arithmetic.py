import numpy as np
import pytest
import torch

from interpret.choices import ChoiceError
from interpret.layers.arithmetic import arithmetic
from model.images import to_tensor
from model.network import STAGES, CifarResNet


def test_the_steps_of_random_cells_lead_to_the_number_of_an_independent_forward_pass(network, release):
    """Twenty cells of each stage, on pictures of all kinds."""
    rng = np.random.default_rng(0)
    for stage in STAGES:
        image = to_tensor(release.misclassified.images[rng.integers(500)][None])
        with torch.inference_mode():
            _, activations = network.forward_with_activations(image)
        for _ in range(20):
            channel, row, column = (int(rng.integers(most)) for most in (stage.channels, *[stage.resolution] * 2))
            found = arithmetic(network, image, stage.name, channel, row, column)
            expected = float(activations[stage.name][0, channel, row, column])
            assert found.value == pytest.approx(expected, abs=1e-6)
            assert found.result == pytest.approx(expected, abs=1e-5)
            assert float(found.by_input().sum()) == pytest.approx(found.total, abs=1e-9)


def test_a_network_that_is_worked_by_hand():
    """One kernel that passes its middle pixel on; batch norm doubles and subtracts one."""
    network = CifarResNet().eval()
    with torch.no_grad():
        network.mean.zero_()
        network.std.fill_(1)
        convolution, norm = network.prep_layer[0], network.prep_layer[1]
        convolution.weight.zero_()
        convolution.weight[5, 1, 1, 1] = 1
        norm.weight[5], norm.bias[5], norm.running_mean[5], norm.running_var[5] = 2, 0, 0.5, 1 - norm.eps
    image = torch.zeros(1, 3, 32, 32)
    image[0, 1, 3, 4] = 0.75
    found = arithmetic(network, image, "prep_layer", 5, 3, 4)
    steps = (found.total, found.scale, found.shift, found.normalised, found.rectified, found.added)
    assert steps == pytest.approx((0.75, 2, -1, 0.5, 0.5, None)) and found.value == pytest.approx(0.5)
    assert float(found.windows[0].patch[1, 1, 1]) == 0.75 and int(found.by_input().argmax()) == 1


def test_a_layer_that_pools_keeps_the_largest_of_four_sums(network, cat):
    found = arithmetic(network, cat, "custom_block1", 3, 4, 5)
    assert [(each.row, each.column) for each in found.windows] == [(8, 10), (8, 11), (9, 10), (9, 11)]
    assert found.total == max(each.total for each in found.windows)
    assert found.sentence().startswith("The products of four windows sum to ") and "the largest is" in found.sentence()


def test_a_residual_layer_adds_what_it_was_given(network, cat):
    with torch.inference_mode():
        _, activations = network.forward_with_activations(cat)
    found = arithmetic(network, cat, "resnet_block1", 3, 4, 5)
    assert found.added == pytest.approx(float(activations["custom_block1"][0, 3, 4, 5]))
    assert "what the layer was given here" in found.sentence()


def test_the_numbers_hold_every_step_and_the_input_channels_that_add_most(network, cat):
    found = arithmetic(network, cat, "resnet_block3", 100, 1, 2)
    numbers = found.numbers()
    each = numbers["inputs"][0]
    assert np.sum(np.multiply(each["patch"], each["kernel"])) == pytest.approx(each["adds"], abs=1e-9)
    assert abs(each["adds"]) == pytest.approx(np.abs(numbers["sum_by_input"]).max())
    assert sum(numbers["sum_by_input"]) == pytest.approx(numbers["largest_sum"], abs=1e-9)
    assert numbers["relu"] + numbers["residual"] == pytest.approx(numbers["value"], abs=1e-5)
    assert numbers["receptive_field"] == {"top": 0, "left": 0, "bottom": 31, "right": 31}


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (("pool4", 0, 0, 0), "Unknown layer 'pool4'"),
        (("prep_layer", 64, 0, 0), "channel must be a whole number from 0 to 63"),
        (("custom_block3", 0, 4, 0), "row must be a whole number from 0 to 3"),
        (("custom_block3", 0, 0, -1), "column must be a whole number from 0 to 3"),
    ],
)
def test_a_place_that_is_not_there_is_refused(network, cat, place, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        arithmetic(network, cat, *place)
