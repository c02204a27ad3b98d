import numpy as np
import pytest
import torch

from interpret.choices import ChoiceError
from interpret.layers.channels import POINTS, channels_of, layer_names, module_name, side_of, without_channel
from model.network import STAGES


@pytest.fixture(scope="module")
def outputs(network, cat):
    with torch.inference_mode():
        return network.forward_with_modules(cat)


def test_every_layer_can_be_shown_six_stages_and_four_convolutions_inside_the_residual_ones(network):
    assert layer_names(network)[6:] == ("resnet_block1.0", "resnet_block1.3", "resnet_block3.0", "resnet_block3.3")


@pytest.mark.parametrize(
    ("layer", "point", "module"),
    [
        ("prep_layer", "convolution", "prep_layer.0"),
        ("prep_layer", "batch_norm", "prep_layer.1"),
        ("prep_layer", "relu", "prep_layer.2"),
        ("custom_block1", "convolution", "custom_block1.0"),
        ("custom_block1", "batch_norm", "custom_block1.2"),
        ("resnet_block3.3", "output", "resnet_block3.5"),
        ("resnet_block3.0", "batch_norm", "resnet_block3.1"),
        ("resnet_block3", "output", "resnet_block3"),
    ],
)
def test_a_point_is_the_output_of_its_module(network, cat, outputs, layer, point, module):
    assert module_name(network, layer, point) == module
    assert np.array_equal(channels_of(network, cat, layer, point).maps, outputs[1][module][0].numpy())


@pytest.mark.parametrize("point", POINTS)
def test_how_many_cells_a_side_has_is_known_without_a_picture(network, cat, point):
    for layer in layer_names(network):
        if layer in ("resnet_block1", "resnet_block3") and point != "output":
            continue  # it has two convolutions
        assert channels_of(network, cat, layer, point).maps.shape[1] == side_of(network, layer, point)


def test_what_a_stage_hands_on_equals_an_independent_forward_pass(network, cat):
    _, expected = network.forward_with_activations(cat)
    for stage in STAGES:
        np.testing.assert_allclose(
            channels_of(network, cat, stage.name).maps, expected[stage.name][0].detach(), atol=1e-6
        )


def test_what_the_last_layers_channels_add_sums_to_every_logit(network, cat, outputs):
    adds = channels_of(network, cat, "resnet_block3").adds
    np.testing.assert_allclose(adds.sum(axis=1), outputs[0][0], rtol=1e-5)
    assert channels_of(network, cat, "custom_block3").adds is None


def test_channels_are_sorted_by_number_by_response_or_by_what_they_add(network, cat):
    found = channels_of(network, cat, "resnet_block3")
    assert found.order("number", 3).tolist() == list(range(512))
    assert (np.diff(found.strongest[found.order("response", 3)]) <= 0).all()
    assert (np.diff(found.adds[3][found.order("adds", 3)]) <= 0).all()


def test_channels_that_respond_nowhere_are_known(network, cat):
    found = channels_of(network, cat, "resnet_block3.0")
    assert np.array_equal(found.silent, (found.maps == 0).all(axis=(1, 2))) and 0 < found.silent.sum() < 512


@pytest.mark.parametrize(
    ("layer", "point", "sentence"),
    [
        ("pool4", "output", "Unknown layer 'pool4'"),
        ("prep_layer", "softmax", f"Allowed: {', '.join(POINTS)}"),
        ("resnet_block1", "relu", "name resnet_block1.0 or resnet_block1.3, or ask for its output"),
    ],
)
def test_a_point_that_is_not_there_is_refused(network, cat, layer, point, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        channels_of(network, cat, layer, point)


def test_only_the_last_layers_channels_are_sorted_by_what_they_add(network, cat):
    with pytest.raises(ChoiceError, match="Only channels of resnet_block3's output add to a score"):
        channels_of(network, cat, "custom_block1").order("adds", 3)
    with pytest.raises(ChoiceError, match="Allowed: number, response, adds"):
        channels_of(network, cat, "custom_block1").order("beauty", 3)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_network_without_a_channel_is_run_with_it_at_zero(network, cat, stage):
    """Independently: the rest of the network by hand."""
    with torch.inference_mode():
        logits, activations = network.forward_with_activations(cat)
        channel = int(activations[stage.name][0].amax(dim=(1, 2)).argmax())
        x = activations[stage.name].clone()
        x[0, channel] = 0
        names = [each.name for each in STAGES]
        for name in names[names.index(stage.name) + 1 :]:
            x = network.run_stage(name, x)
        expected = network.fc(x.amax(dim=(2, 3)))[0]
    found = without_channel(network, cat, stage.name, channel)
    np.testing.assert_allclose(found.logits_after, expected, atol=1e-5)
    np.testing.assert_allclose(found.logits_before, logits[0], atol=1e-5)
    assert found.after.sum() == pytest.approx(1, abs=1e-5) and not np.array_equal(found.after, found.before)


def test_what_a_channels_going_changes_is_told(network, cat):
    names = network.config.class_names
    adds = channels_of(network, cat, "resnet_block3").adds[3]
    channel = int(adds.argmax())
    told = without_channel(network, cat, "resnet_block3", channel).sentence(names)
    assert told.startswith(f"Without channel {channel} of resnet_block3 the network still says cat (")
    assert told.endswith(f"its score changes by −{adds[channel]:.2f} logits.")
    with pytest.raises(ChoiceError, match="channel must be a whole number from 0 to 511"):
        without_channel(network, cat, "resnet_block3", 512)
