"""What a network gets right without one of its channels, against runs with that channel at zero."""

import numpy as np
import pytest
import torch

from interpret.layers.channels import OUTPUT, channel_counts, handed_on, logits_from, module_name
from model.channels.pooled import PooledMaxima
from model.images import to_tensor
from model.network import RESIDUAL_STAGES, STAGE_NAMES
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.channels import lesions
from training.judging.channels.lesions import LayerLesions, judged, lesion_counts, right_without_last
from training.judging.nearest_training import features_of

LAYERS = (*STAGE_NAMES, "resnet_block1.0", "resnet_block1.3", "resnet_block3.0", "resnet_block3.3")


@pytest.fixture(scope="module")
def data():
    train, test = load_cifar10(SUBSET)
    images, labels = np.concatenate([test.images, train.images]), np.concatenate([test.labels, train.labels])
    return images[:50], labels[:50]


@pytest.fixture(scope="module")
def found(network, data):
    return judged(network, *data)


def logits_by_hand(network, images, layer, channel):
    """Every module in turn, with one channel of what the layer hands on at zero."""
    target = module_name(network, layer, OUTPUT)
    with torch.inference_mode():
        x = network.normalise(to_tensor(images))
        for stage in STAGE_NAMES:
            given = x
            for index, module in network.stage(stage).named_children():
                x = module(x)
                if f"{stage}.{index}" == target:
                    x[:, channel] = 0
            if stage in RESIDUAL_STAGES:
                x = given + x
            if stage == target:
                x[:, channel] = 0
        return network.classify(x)


@pytest.mark.parametrize("layer", LAYERS)
def test_counts_equal_a_run_with_the_channel_at_zero(network, data, found, layer):
    (images, labels), of_layer = data, LayerLesions(network, layer, found)
    for channel in (0, channel_counts(network)[layer] - 1):
        predictions = logits_by_hand(network, images, layer, channel).argmax(dim=1).numpy()
        expected = np.bincount(labels[predictions == labels], minlength=10)
        assert np.array_equal(of_layer.right_without(channel), expected)
        assert np.array_equal(of_layer.right_without(channel, every_image=True), expected)


@pytest.mark.parametrize("layer", LAYERS)
def test_logits_are_those_of_a_run_with_the_channel_at_zero(network, data, layer):
    images = data[0][:8]
    with torch.inference_mode():
        output, stage_input = handed_on(network, layer, to_tensor(images))
        whole = network(to_tensor(images))
        assert torch.allclose(logits_from(network, layer, output, stage_input), whole, atol=1e-4)
        output[:, 1] = 0
        without = logits_from(network, layer, output, stage_input)
    assert torch.allclose(without, logits_by_hand(network, images, layer, 1), atol=1e-4)
    assert not torch.allclose(without, whole, atol=1e-3), "this channel does something"


def ran_without(of_layer, channel, monkeypatch):
    """Which images were run, in batches, and the counts."""
    batches, predictions = [], LayerLesions._predictions_without
    with monkeypatch.context() as patched:
        patched.setattr(
            LayerLesions,
            "_predictions_without",
            lambda self, images, channel: batches.append(images) or predictions(self, images, channel),
        )
        return batches, of_layer.right_without(channel)


def test_images_are_run_from_the_closest_call_on_until_twice_the_last_change(network, data, found, monkeypatch):
    monkeypatch.setattr(lesions, "BATCH", 10)
    of_layer = LayerLesions(network, "custom_block3", found)
    stopped_early = 0
    for channel in range(0, 512, 100):
        left = of_layer._left[:, channel]
        batches, counted = ran_without(of_layer, channel, monkeypatch)
        ran = torch.cat(batches) if batches else torch.empty(0, dtype=torch.int64)
        assert torch.equal(ran, left.argsort(stable=True)[: len(ran)]), "in order, without a gap"
        lost = logits_by_hand(network, data[0], "custom_block3", channel).argmax(dim=1) != found.logits.argmax(dim=1)
        reach = max(0.3, 2 * float(left[lost].max()) if lost.any() else 0.0)
        assert len(ran) >= (left <= reach).sum(), "none within reach is left out"
        assert len(ran) < 10 + (left <= reach).sum()
        stopped_early += len(ran) < len(left)
        assert np.array_equal(counted, of_layer.right_without(channel, every_image=True))
    assert stopped_early == 6


def test_what_is_left_of_a_lead_is_what_gradients_say(network, data, found):
    of_layer, image = LayerLesions(network, "resnet_block3.3", found), to_tensor(data[0][7:8])
    output, given = handed_on(network, "resnet_block3.3", image)
    step = output.clone()
    step[:, 5] *= 1 - 1e-3
    lead = lesions.lead_of(logits_from(network, "resnet_block3.3", output, given))
    loss = 1e3 * (lead - lesions.lead_of(logits_from(network, "resnet_block3.3", step, given)))
    assert of_layer._left[7, 5].item() == pytest.approx((lead - loss.abs()).item(), abs=1e-2)


def test_the_last_stage_follows_from_its_maxima(network, data, found):
    images, labels = data
    maxima = PooledMaxima(labels.astype(np.int64), features_of(network, images))
    every, of_layer = right_without_last(network, maxima), LayerLesions(network, "resnet_block3", found)
    assert every.shape == (512, 10)
    for channel in range(0, 512, 60):
        assert np.array_equal(every[channel], of_layer.right_without(channel, every_image=True))


def test_what_was_done_is_taken_up_again_unless_it_is_of_other_weights(network, found, tmp_path, monkeypatch):
    progress, asked = tmp_path / "runs" / "lesions.npz", []

    def right_without(self, channel):
        asked.append(channel)
        if len(asked) == 20:
            raise KeyboardInterrupt
        return np.full(10, channel)

    monkeypatch.setattr(LayerLesions, "right_without", right_without)
    with pytest.raises(KeyboardInterrupt):
        lesion_counts(network, found, {"resnet_block3.3": 64}, progress, "these")
    assert not progress.with_suffix(".part").exists()
    done = lesion_counts(network, found, {"resnet_block3.3": 64}, progress, "these")
    assert asked[20:] == list(range(16, 64)), "sixteen were kept"
    assert np.array_equal(done["resnet_block3.3"], np.arange(64)[:, None].repeat(10, axis=1))
    asked.clear()
    lesion_counts(network, found, {"resnet_block3.3": 18}, progress, "others")
    assert asked == list(range(18))
