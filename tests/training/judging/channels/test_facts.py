"""Each channel's strongest pictures, found again one channel and one picture at a time."""

import numpy as np
import pytest
import torch

from interpret.layers.channels import OUTPUT, channel_counts, channels_of, module_name
from model.channels.gallery import Gallery
from model.images import to_tensor
from model.network import STAGE_NAMES, STAGES
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.channels.facts import channel_facts, gallery_of
from training.judging.nearest_training import features_of


@pytest.fixture(scope="module")
def gallery(network):
    return gallery_of(network, load_cifar10(SUBSET)[0], of_each_class=3)


@pytest.fixture(scope="module")
def facts(network, gallery):
    return channel_facts(network, gallery)


def test_the_gallery_holds_as_many_training_pictures_of_each_class_always_the_same(network, gallery):
    train, _ = load_cifar10(SUBSET)
    assert np.bincount(gallery.labels).tolist() == [3] * 10
    assert np.array_equal(gallery.images, train.images[gallery.train_indices])
    assert np.array_equal(gallery.labels, train.labels[gallery.train_indices])
    again = gallery_of(network, train, of_each_class=3)
    assert np.array_equal(gallery.train_indices, again.train_indices)
    assert np.array_equal(gallery.features, features_of(network, gallery.images))


@pytest.mark.parametrize("layer", ["prep_layer", "custom_block2", "resnet_block1.0", "resnet_block3"])
def test_strongest_pictures_their_places_means_and_silence_equal_maps_of_each_picture_alone(
    network, gallery, facts, layer
):
    maps = np.stack([channels_of(network, to_tensor(image[None]), layer).maps for image in gallery.images])
    largest, found = maps.max(axis=(2, 3)), facts[layer]
    assert np.allclose(found.responses, -np.sort(-largest, axis=0)[:9].T, atol=1e-5)
    for channel in range(0, len(found), 7):
        for row, place, response in zip(
            found.strongest[channel], found.places[channel], found.responses[channel], strict=True
        ):
            assert maps[row, channel][tuple(place)] == pytest.approx(response, abs=1e-5)
            assert maps[row, channel].max() == pytest.approx(response, abs=1e-5)
    for label in range(10):
        assert np.allclose(found.class_means[:, label], largest[gallery.labels == label].mean(axis=0), atol=1e-5)
    assert np.abs(found.silent - (largest < 1e-6).mean(axis=0)).max() < 0.04


def test_a_class_without_pictures_has_a_mean_of_zero(network, gallery):
    rows = gallery.labels != 4
    kept = {name: getattr(gallery, name)[rows] for name in ("images", "train_indices", "labels", "features")}
    found = channel_facts(network, Gallery(**kept))["prep_layer"]
    assert (found.class_means[:, 4] == 0).all() and (found.class_means[:, 3] > 0).any()


def test_every_channel_of_every_layer_is_there(network, facts):
    assert {name: len(layer) for name, layer in facts.items()} == channel_counts(network)
    assert all(layer.right_without is None for layer in facts.values())


def test_the_bundled_facts_are_found_again_for_twenty_channels_of_each_layer(release):
    gallery, rng = release.gallery, np.random.default_rng(0)
    chosen = {layer: rng.permutation(count)[:20] for layer, count in channel_counts(release.network).items()}
    responses: dict[str, list[np.ndarray]] = {layer: [] for layer in chosen}
    cells: dict[str, list[np.ndarray]] = {layer: [] for layer in chosen}
    with torch.inference_mode():
        for start in range(0, len(gallery), 100):
            _, outputs = release.network.forward_with_modules(to_tensor(gallery.images[start : start + 100]))
            for layer, channels in chosen.items():
                maps = outputs[module_name(release.network, layer, OUTPUT)][:, channels]
                responses[layer].append(maps.amax(dim=(2, 3)).numpy())
                cells[layer].append(maps.flatten(2).argmax(dim=2).numpy())
    for layer, known in release.channels.items():
        side = STAGES[STAGE_NAMES.index(layer.partition(".")[0])].resolution
        largest, where = np.concatenate(responses[layer]), np.concatenate(cells[layer])
        for at, channel in enumerate(chosen[layer]):
            column, strongest = largest[:, at], known.strongest[channel]
            assert np.allclose(known.responses[channel], -np.sort(-column)[:9], atol=1e-4)
            assert np.allclose(column[strongest], known.responses[channel], atol=1e-4)
            assert np.array_equal(known.places[channel] @ (side, 1), where[strongest, at])
            means = [column[gallery.labels == label].mean() for label in range(10)]
            assert np.allclose(known.class_means[channel], means, atol=1e-4)
            assert known.silent[channel] == pytest.approx((column == 0).mean(), abs=1e-3)
