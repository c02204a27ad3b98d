"""The nearest training images, against every pair compared by brute force, from features of another pass."""

import logging
import os

import numpy as np
import pytest
import torch

from model.images import to_tensor
from model.samples import Misclassified
from tests.conftest import SUBSET
from training.data.cifar10 import Split, load_cifar10
from training.judging.nearest_training import last_features, nearest_training


@pytest.fixture(scope="module")
def train() -> Split:
    return load_cifar10(SUBSET)[0]


@pytest.fixture(scope="module")
def errors(release) -> Misclassified:
    return first(release.misclassified, 7)


def first(errors: Misclassified, count: int) -> Misclassified:
    names = ("images", "test_indices", "labels", "predictions", "probabilities")
    return Misclassified(*(getattr(errors, name)[:count] for name in names))


def maxima(network, images, batch: int = 50) -> np.ndarray:
    """Each channel's maximum at the last stage, by the pass that keeps every stage."""
    found = []
    with torch.no_grad():
        for start in range(0, len(images), batch):
            _, activations = network.forward_with_activations(to_tensor(images[start : start + batch]))
            found.append(activations["resnet_block3"].amax(dim=(2, 3)).double().numpy())
    return np.concatenate(found)


def all_distances(network, errors: Misclassified, train: Split) -> np.ndarray:
    theirs = maxima(network, train.images)
    return np.stack([np.sqrt(((theirs - own) ** 2).sum(axis=1)) for own in maxima(network, errors.images)])


def test_they_are_the_nearest_of_all_pairs_nearest_first(network, errors, train):
    distances = all_distances(network, errors, train)
    expected = distances.argsort(axis=1, kind="stable")[:, :4]
    found = nearest_training(network, errors, train)
    assert np.array_equal(found.train_indices, expected)
    # Features in batches of another size: float32 rounding only.
    np.testing.assert_allclose(found.distances, np.take_along_axis(distances, expected, axis=1), rtol=1e-4)
    assert np.array_equal(found.test_indices, errors.test_indices)
    assert np.array_equal(found.labels, train.labels[expected])
    assert np.array_equal(found.images, train.images[expected])


@pytest.mark.parametrize("batch", [7, 50])
def test_the_size_of_a_batch_changes_nothing(network, errors, train, monkeypatch, batch):
    whole = nearest_training(network, errors, train, count=6)
    monkeypatch.setattr("training.judging.nearest_training.BATCH", batch)
    found = nearest_training(network, errors, train, count=6)
    assert np.array_equal(found.train_indices, whole.train_indices)
    np.testing.assert_allclose(found.distances, whole.distances, rtol=1e-4)


def test_of_two_that_are_equally_near_the_one_of_the_lower_index_comes_first(network, errors, train, monkeypatch):
    monkeypatch.setattr("training.judging.nearest_training.BATCH", 30)
    few = train.take(np.arange(30))
    thrice = Split(np.concatenate([few.images] * 3), np.concatenate([few.labels] * 3))
    found = nearest_training(network, errors, thrice, count=6).train_indices
    nearest, second = nearest_training(network, errors, few, count=2).train_indices.T
    assert np.array_equal(found.T, [nearest, nearest + 30, nearest + 60, second, second + 30, second + 60])


def test_an_error_that_was_trained_on_is_nearest_to_itself(network, errors, train):
    images = np.concatenate([train.images, errors.images[3:4]])
    found = nearest_training(network, errors, Split(images, np.append(train.labels, errors.labels[3]).astype(np.uint8)))
    assert found.train_indices[3, 0] == 120
    assert found.distances[3, 0] == pytest.approx(0, abs=1e-3)


def test_of_fewer_training_images_than_asked_for_all_are_given(network, errors, train):
    found = nearest_training(network, errors, train.take(np.arange(3)))
    assert np.array_equal(np.sort(found.train_indices), [[0, 1, 2]] * 7)
    assert nearest_training(network, errors, train.take(np.arange(0))).images.shape == (7, 0, 32, 32, 3)


def test_no_error_has_no_nearest_training_images(network, errors, train):
    assert nearest_training(network, first(errors, 0), train).train_indices.shape == (0, 4)


def test_the_features_are_what_the_last_weights_multiply(network, errors):
    logits = last_features(network, errors.images) @ network.fc.weight.double().T
    torch.testing.assert_close(logits.float(), network(to_tensor(errors.images)), atol=1e-4, rtol=1e-5)


def test_it_tells_how_far_it_has_come(network, errors, train, monkeypatch, caplog):
    monkeypatch.setattr("training.judging.nearest_training.BATCH", 30)
    monkeypatch.setattr("training.judging.nearest_training.TOLD_EVERY", 60)
    caplog.set_level(logging.INFO)
    nearest_training(network, first(errors, 1), train)
    assert [record.getMessage() for record in caplog.records] == [
        "Compared with 60 of 120 training pictures",
        "Compared with 120 of 120 training pictures",
    ]


def test_the_bundled_neighbours_are_at_the_distances_that_it_states(release):
    near, few = release.nearest, first(release.misclassified, 20)
    own = maxima(release.network, few.images)
    theirs = maxima(release.network, near.images[:20].reshape(-1, 32, 32, 3)).reshape(20, -1, own.shape[1])
    distances = np.sqrt(((theirs - own[:, None]) ** 2).sum(axis=2))
    np.testing.assert_allclose(near.distances[:20], distances, rtol=1e-4)


@pytest.mark.whole_data
@pytest.mark.timeout(1800)
def test_the_bundled_release_holds_the_nearest_of_all_training_images(release, whole_data):
    """Of 2,000 of them, and all 50,000 where EXHAUSTIVE is set: that takes minutes."""
    train, _ = whole_data
    near, few = release.nearest, first(release.misclassified, 20)
    count = near.train_indices.shape[1]
    drawn = np.random.default_rng(0).permutation(len(train))[:2_000]
    rows = np.arange(len(train)) if os.environ.get("EXHAUSTIVE") else np.union1d(drawn, near.train_indices[:20])
    some = Split(train.images[rows], train.labels[rows])
    expected = rows[all_distances(release.network, few, some).argsort(axis=1, kind="stable")[:, :count]]
    assert np.array_equal(near.train_indices[:20], expected)
    assert np.array_equal(near.labels[:20], train.labels[expected])
    assert np.array_equal(near.images[:20], train.images[expected])
