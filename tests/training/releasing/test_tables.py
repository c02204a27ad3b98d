"""The optional tables of a release, written from an excerpt of CIFAR-10."""

import numpy as np
import pytest

from model.channels.facts import CHANNELS, load_facts
from model.channels.gallery import GALLERY, load_gallery
from model.channels.pooled import POOLED, load_pooled
from model.network import CIFAR10_CLASSES, CifarResNet, NetworkConfig
from model.samples import NEAREST, REVIEWS, load_nearest, load_reviews
from tests.conftest import SUBSET
from training.data.cifar10 import Split, load_cifar10
from training.data.label_reviews import label_reviews
from training.judging.channels.facts import channel_facts
from training.judging.channels.lesions import right_without_last
from training.judging.evaluation import logits_of, misclassified_of
from training.judging.nearest_training import nearest_training
from training.releasing.tables import write_tables

WRITTEN = {NEAREST, POOLED, GALLERY, CHANNELS}


@pytest.fixture(scope="module")
def data() -> tuple[Split, Split]:
    return load_cifar10(SUBSET)


@pytest.fixture(scope="module")
def errors(network, data):
    return misclassified_of(data[1], logits_of(network, data[1]), 1.0)


def test_the_nearest_training_images_of_the_errors_are_written(network, data, errors, tmp_path):
    write_tables(tmp_path, network, errors, *data)
    found, expected = load_nearest(tmp_path, 10, errors), nearest_training(network, errors, data[0])
    assert found.train_indices.shape == (len(errors), 4)
    for name in ("train_indices", "labels", "distances", "images"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


@pytest.fixture
def whole(data, monkeypatch) -> None:
    """The subset's test pictures pass for the whole test set."""
    monkeypatch.setattr("training.releasing.tables.is_whole_test_set", lambda test: True)


def test_reviews_are_written_for_the_whole_test_set(network, data, errors, tmp_path, whole):
    write_tables(tmp_path, network, errors, *data)
    found, expected = load_reviews(tmp_path, 10), label_reviews(CIFAR10_CLASSES)
    for name in ("test_indices", "labels", "others", "votes"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def test_reviews_are_not_written_for_an_excerpt(network, data, errors, tmp_path):
    write_tables(tmp_path, network, errors, *data)
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN


def test_reviews_are_not_written_for_other_classes(data, errors, tmp_path, whole):
    others = CifarResNet(NetworkConfig(class_names=tuple("abcdefghij"))).eval()
    write_tables(tmp_path, others, errors, *data)
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN


def test_channels_are_written_with_what_is_lost_without_those_of_the_last_layer_and_what_was_measured(
    network, data, errors, tmp_path
):
    measured = np.arange(640).reshape(64, 10)
    write_tables(tmp_path, network, errors, *data, {"prep_layer": measured})
    gallery = load_gallery(tmp_path, 10, 512)
    found, expected = load_facts(tmp_path, 10, gallery), channel_facts(network, gallery)
    for name, layer in expected.items():
        assert np.array_equal(found[name].strongest, layer.strongest), name
    maxima = load_pooled(tmp_path, 10, 512)
    assert np.array_equal(found["resnet_block3"].right_without, right_without_last(network, maxima))
    assert np.array_equal(found["prep_layer"].right_without, measured)
    assert found["custom_block1"].right_without is None


def test_the_bundled_release_holds_all_reviews(release):
    expected = label_reviews(CIFAR10_CLASSES)
    assert REVIEWS not in release.lacks
    for name in ("test_indices", "labels", "others", "votes"):
        assert np.array_equal(getattr(release.reviews, name), getattr(expected, name)), name
