import pytest
import torch

from interpret.choices import ChoiceError
from interpret.layers.feature_maps import activations_of, all_channels, channel_of_every_stage
from model.network import STAGES


@pytest.fixture(scope="module")
def activations(network, cat):
    return activations_of(network, cat)


def test_they_are_the_activations_of_the_forward_pass(network, cat, activations):
    _, expected = network.forward_with_activations(cat)
    assert all(torch.equal(activations[name], each[0]) for name, each in expected.items())


def test_none_is_negative(activations):
    assert all((each >= 0).all() for each in activations.values())


def test_one_channel_is_shown_at_each_of_the_six_stages(activations):
    maps = channel_of_every_stage(activations, 16)
    assert list(maps) == [stage.name for stage in STAGES]
    assert all(torch.equal(each, activations[name][16]) for name, each in maps.items())


@pytest.mark.parametrize("channel", [-1, 64, 1.5])
def test_a_channel_that_some_stage_lacks_is_refused(activations, channel):
    with pytest.raises(ChoiceError, match="from 0 to 63"):
        channel_of_every_stage(activations, channel)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_shows_all_its_channels(activations, stage):
    assert all_channels(activations, stage.name).shape == (stage.channels, stage.resolution, stage.resolution)


def test_an_unknown_stage_is_refused(activations):
    with pytest.raises(ChoiceError, match="resnet_block3"):
        all_channels(activations, "pool4")
