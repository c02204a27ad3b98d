import re

import numpy as np
import pytest

from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.split import DataError, checked_labels, split_validation


def test_the_validation_pictures_are_not_trained_on_and_none_is_lost():
    train, _ = load_cifar10(SUBSET)
    kept, held_out = split_validation(train, 20, seed=0)
    together = {image.tobytes() for image in kept.images} | {image.tobytes() for image in held_out.images}
    assert (len(kept), len(held_out)) == (100, 20)
    assert together == {image.tobytes() for image in train.images}


def test_the_split_depends_on_the_seed_alone():
    train, _ = load_cifar10(SUBSET)
    first, again, other = (split_validation(train, 20, seed)[1].images for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_holding_out_everything_is_refused_by_the_name_of_the_option():
    train, _ = load_cifar10(SUBSET)
    with pytest.raises(DataError, match=r"120 of 120 .*; choose fewer with --validation-images"):
        split_validation(train, 120, seed=0)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 9, -1], "Picture 2 in here has the label -1; allowed are whole numbers from 0 to 9."),
        ([10, 0], "Picture 0 in here has the label 10;"),
        ([0, 6.5], "Picture 1 in here has the label 6.5;"),
        ([0, np.nan], "has the label nan;"),
        ([True, False], "The labels in here are bool, not whole numbers from 0 to 9."),
        (["cat"], "not whole numbers"),
    ],
)
def test_a_label_that_is_no_class_is_refused(labels, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        checked_labels(np.array(labels), 10, "here")


def test_whole_numbers_of_any_kind_are_labels():
    for kind in (np.int64, np.uint8, np.float64):
        assert checked_labels(np.array([3, 0], kind), 4, "here").tolist() == [3, 0]
