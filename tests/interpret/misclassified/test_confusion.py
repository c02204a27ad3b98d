from dataclasses import replace

import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.misclassified.confusion import Confusion, confusion_of
from interpret.misclassified.selection import Selection, errors_of

NAMES = ("cat", "dog", "frog")
SMALL = Confusion(np.array([[0, 4, 1], [6, 0, 0], [0, 2, 0]]), NAMES, np.array([10, 20, 5]))


def test_every_cell_counts_the_errors_that_its_classes_find(release):
    found, errors = confusion_of(release), errors_of(release)
    for row, true in enumerate(found.class_names):
        for column, predicted in enumerate(found.class_names):
            if row != column:
                assert found.counts[row, column] == len(errors.select(Selection(true, predicted)))
    assert found.errors.sum() == 527


def test_the_matrix_is_the_one_that_the_release_states(release):
    assert np.array_equal(confusion_of(release).counts, release.metrics.test.confusion_matrix)


def test_shares_are_those_of_the_true_class():
    assert SMALL.normalised("shares") == pytest.approx(np.array([[0.5, 0.4, 0.1], [0.3, 0.7, 0], [0, 0.4, 0.6]]))
    assert SMALL.normalised("counts").tolist() == [[5, 4, 1], [6, 14, 0], [0, 2, 3]]


def test_a_release_that_does_not_count_its_classes_has_errors_but_no_right_answers_and_no_shares(release):
    silent = replace(
        release, metrics=replace(release.metrics, test=replace(release.metrics.test, confusion_matrix=None))
    )
    found = confusion_of(silent)
    assert np.diag(found.counts).sum() == 0 and found.counts.sum() == 527
    with pytest.raises(ChoiceError, match="does not say how many test pictures each class has"):
        found.normalised("shares")


def test_an_unknown_way_to_normalise_is_refused():
    with pytest.raises(ChoiceError, match="Allowed: counts, shares"):
        SMALL.normalised("rows")


def test_pairs_are_told_both_ways_the_commonest_first():
    assert SMALL.pairs() == [("dog", "cat", 6, 4), ("frog", "dog", 2, 0), ("cat", "frog", 1, 0)]
    assert SMALL.pair_table().to_numpy().tolist() == [
        ["dog – cat", 10, 6, 4],
        ["frog – dog", 2, 2, 0],
        ["cat – frog", 1, 1, 0],
    ]
    assert SMALL.sentence() == (
        "10 of the 13 errors are between dog and cat: 6 times a picture of the class dog is taken for cat, 4 times the "
        "other way round."
    )


def test_a_network_without_errors_is_said_to_have_none():
    assert Confusion(np.zeros((3, 3), int), NAMES, None).sentence() == "No test picture is misclassified."


def test_the_table_names_true_classes_in_rows_and_predicted_ones_in_columns():
    table = SMALL.table("counts").set_index("true class")
    assert table.loc["dog", "cat"] == 6 and table.loc["cat", "dog"] == 4
