"""The optional tables of a release, written from data that is small and from data as large as CIFAR-10's test set."""

import numpy as np
import pytest

from model.network import CIFAR10_CLASSES, CifarResNet, NetworkConfig
from model.pooled import POOLED
from model.samples import NEAREST, REVIEWS, load_nearest, load_reviews
from tests.conftest import SUBSET
from training.data.cifar10 import Split, load_cifar10
from training.data.label_reviews import label_reviews
from training.judging.evaluation import logits_of, misclassified_of
from training.judging.nearest_training import nearest_training
from training.releasing.tables import write_tables

AS_MANY_AS_CIFAR10 = Split(np.zeros((10_000, 32, 32, 3), np.uint8), np.zeros(10_000, np.uint8))


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


def test_reviews_are_written_for_the_whole_test_set(network, data, errors, tmp_path):
    write_tables(tmp_path, network, errors, data[0], AS_MANY_AS_CIFAR10)
    found, expected = load_reviews(tmp_path, 10), label_reviews(CIFAR10_CLASSES)
    for name in ("test_indices", "labels", "others", "votes"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def test_reviews_are_not_written_for_an_excerpt_or_for_other_classes(network, data, errors, tmp_path):
    write_tables(tmp_path, network, errors, *data)
    assert {path.name for path in tmp_path.iterdir()} == {NEAREST, POOLED}
    others = CifarResNet(NetworkConfig(class_names=tuple("abcdefghij"))).eval()
    write_tables(tmp_path, others, errors, data[0], AS_MANY_AS_CIFAR10)
    assert {path.name for path in tmp_path.iterdir()} == {NEAREST, POOLED}


def test_the_bundled_release_holds_all_reviews(release):
    expected = label_reviews(CIFAR10_CLASSES)
    assert REVIEWS not in release.lacks
    for name in ("test_indices", "labels", "others", "votes"):
        assert np.array_equal(getattr(release.reviews, name), getattr(expected, name)), name
