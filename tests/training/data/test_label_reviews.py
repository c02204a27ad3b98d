import csv
import hashlib

import numpy as np
import pytest

from model.network import CIFAR10_CLASSES
from training.data.label_reviews import ANSWER_COLUMNS, REJECTED_TEST_LABELS, VOTES, label_reviews


def test_five_people_judged_each_of_275_test_images():
    reviews = label_reviews(CIFAR10_CLASSES)
    assert len(reviews) == 275 and reviews.votes.shape == (275, 4)
    assert set(reviews.votes.sum(axis=1).tolist()) == {5}
    assert (np.diff(reviews.test_indices) > 0).all()
    assert reviews.test_indices[0] >= 0 and reviews.test_indices[-1] < 10_000
    assert (reviews.labels != reviews.others).all()


def test_a_review_names_the_label_the_other_class_and_the_votes_for_each_answer():
    reviews = label_reviews(CIFAR10_CLASSES)
    (row,) = np.flatnonzero(reviews.test_indices == 165)
    assert (CIFAR10_CLASSES[reviews.labels[row]], CIFAR10_CLASSES[reviews.others[row]]) == ("deer", "bird")
    assert reviews.votes[row].tolist() == [1, 1, 0, 3]  # the label, the other class, both, neither


def test_classes_in_another_order_have_other_indices():
    backwards = label_reviews(CIFAR10_CLASSES[::-1])
    assert np.array_equal(backwards.labels, 9 - label_reviews(CIFAR10_CLASSES).labels)


def test_a_class_that_is_not_known_is_an_error():
    with pytest.raises(ValueError, match="not in tuple"):
        label_reviews(CIFAR10_CLASSES[:5])


def test_the_rejected_labels_are_different_test_images_in_order():
    assert len(REJECTED_TEST_LABELS) == 54
    assert list(REJECTED_TEST_LABELS) == sorted(set(REJECTED_TEST_LABELS))


def test_no_rejected_label_was_changed_by_hand():
    written = ",".join(map(str, REJECTED_TEST_LABELS)).encode()
    assert hashlib.sha256(written).hexdigest() == "6df0950dc65e16994fec345a124a49393bd9d54857dc61d75336d72d453903d9"


def test_no_vote_was_changed_by_hand():
    with VOTES.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["test_index", "label", "other", *ANSWER_COLUMNS]
    written = "\n".join(",".join(row) for row in rows).encode()
    assert hashlib.sha256(written).hexdigest() == "579ed78a2c67b41f2e97e5473a7380c78cf9ab64d7c1b6d1dc03bc23f2b0664d"


@pytest.mark.whole_data
def test_the_labels_that_people_judged_are_those_of_the_test_set(whole_data):
    _, test = whole_data
    reviews = label_reviews(CIFAR10_CLASSES)
    assert np.array_equal(test.labels[reviews.test_indices], reviews.labels)
