import numpy as np
import pytest

from interpret.misclassified.verdicts import (
    DISPUTED,
    NOT_REVIEWED,
    REJECTED,
    UPHELD,
    VERDICTS,
    Verdicts,
    accuracy_without_rejected,
    verdicts_of,
)
from model.network import CIFAR10_CLASSES
from model.samples import LabelReviews


def verdicts(*votes: tuple[int, int, int, int]) -> Verdicts:
    """On errors whose other class is frog; those without votes were not reviewed."""
    return Verdicts(np.array(votes), np.array([6 if sum(each) else -1 for each in votes]))


@pytest.mark.parametrize(
    ("votes", "verdict"),
    [
        ((5, 0, 0, 0), UPHELD),
        ((4, 0, 1, 0), UPHELD),
        ((3, 2, 0, 0), DISPUTED),
        ((3, 0, 2, 0), DISPUTED),
        ((2, 0, 3, 0), REJECTED),
        ((0, 5, 0, 0), REJECTED),
        ((0, 0, 0, 0), NOT_REVIEWED),
    ],
)
def test_a_label_is_upheld_by_four_of_five_disputed_by_three_and_rejected_by_fewer(votes, verdict):
    assert verdicts(votes).names.tolist() == [verdict]


def test_doubt_is_the_share_of_people_who_did_not_give_the_label_and_unknown_where_nobody_was_asked():
    doubts = verdicts((5, 0, 0, 0), (1, 3, 0, 1), (0, 0, 0, 0)).doubts
    assert doubts[:2] == pytest.approx([0, 0.8]) and np.isnan(doubts[2])


def test_votes_are_told_in_words_with_the_classes_that_people_chose_between():
    found = verdicts((0, 4, 1, 0), (0, 0, 0, 0))
    told = found.in_words(0, CIFAR10_CLASSES, 3)
    assert told == (
        "Of 5 people who were asked whether it is cat or frog, 4 said frog, 1 said both: the label is rejected."
    )
    assert found.in_words(1, CIFAR10_CLASSES, 3) == "Nobody was asked whether its label is right."


def test_reviews_find_their_errors_whatever_else_was_reviewed(release):
    samples = release.misclassified
    index = int(samples.test_indices[7])
    right = next(each for each in range(10_000) if each not in samples.test_indices)
    rows = sorted([(index, [1, 2, 1, 1]), (right, [0, 5, 0, 0])])
    reviews = LabelReviews(
        np.array([row[0] for row in rows]), np.array([0, 0]), np.array([1, 1]), np.array([row[1] for row in rows])
    )
    found = verdicts_of(samples, reviews)
    assert np.flatnonzero(found.reviewed).tolist() == [7]
    assert found.votes[7].tolist() == [1, 2, 1, 1]
    assert set(verdicts_of(samples, None).names) == {NOT_REVIEWED}


def test_the_verdicts_on_the_bundled_errors_add_up_and_are_those_of_the_votes(release):
    found = verdicts_of(release.misclassified, release.reviews)
    counts = {verdict: int((found.names == verdict).sum()) for verdict in VERDICTS}
    assert counts == {NOT_REVIEWED: 378, UPHELD: 87, DISPUTED: 28, REJECTED: 34}
    assert sum(counts.values()) == 527
    row = release.misclassified.test_indices.tolist().index(2405)
    assert found.names[row] == REJECTED and "5 said frog" in found.in_words(row, CIFAR10_CLASSES, 3)


def test_the_accuracy_without_rejected_labels_is_the_one_that_was_measured(release):
    fair = accuracy_without_rejected(release)
    assert (fair.rejected, fair.rejected_errors) == (54, 34)
    assert fair.accuracy == pytest.approx(
        release.metrics.further_test_figures.accuracy_without_rejected_labels, abs=1e-9
    )
