from dataclasses import replace

import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.misclassified.selection import COLUMNS, SORTS, Errors, Selection, errors_of, page_of
from interpret.misclassified.verdicts import VERDICTS, Verdicts
from model.network import CIFAR10_CLASSES
from model.samples import Misclassified

TEMPERATURE = 2.0


@pytest.fixture
def errors() -> Errors:
    """Four errors: cat taken for dog (60%), cat for frog (90%), dog for cat (70%, rejected), dog for cat (50%, upheld).
    In their true classes the network is 10%, 9%, 20% and 49% confident."""
    predictions, labels = np.array([5, 6, 3, 3]), np.array([3, 3, 5, 5])
    probabilities = np.zeros((4, 10), np.float32)
    probabilities[np.arange(4), predictions] = [0.6, 0.9, 0.7, 0.5]
    probabilities[np.arange(4), labels] = [0.1, 0.09, 0.2, 0.49]
    samples = Misclassified(
        np.zeros((4, 32, 32, 3), np.uint8), np.array([10, 20, 30, 40]), labels, predictions, probabilities
    )
    votes = Verdicts(np.array([[0] * 4, [0] * 4, [1, 4, 0, 0], [5, 0, 0, 0]]), np.array([-1, -1, 3, 3]))
    return Errors(samples, CIFAR10_CLASSES, TEMPERATURE, votes)


def found(errors: Errors, **asked) -> list[int]:
    return errors.select(Selection(**asked)).tolist()


@pytest.mark.parametrize(
    ("sort", "rows"), [("confidence", [1, 2, 0, 3]), ("margin", [3, 2, 0, 1]), ("loss", [1, 0, 2, 3])]
)
def test_errors_come_in_the_order_that_was_asked_for(errors, sort, rows):
    assert found(errors, sort=sort) == rows


def test_the_most_doubtful_labels_come_first_and_those_that_nobody_reviewed_last(errors):
    assert found(errors, sort="doubt") == [2, 3, 1, 0]


def test_a_random_order_is_its_seeds_and_a_filter_takes_from_it_without_changing_it(release):
    errors = errors_of(release)
    one, again, other = (found(errors, sort="random", seed=seed) for seed in (1, 1, 2))
    assert one == again != other and sorted(one) == sorted(other) == list(range(len(errors)))
    cats = found(errors, sort="random", seed=1, true_label="cat")
    assert cats == [row for row in one if errors.samples.labels[row] == 3]


def test_margins_are_in_logits_and_losses_in_nats(errors):
    assert errors.margins == pytest.approx(TEMPERATURE * np.log([6, 10, 3.5, 50 / 49]), rel=1e-6)
    assert errors.losses == pytest.approx(-np.log([0.1, 0.09, 0.2, 0.49]), rel=1e-6)


def test_errors_are_found_by_classes_verdict_and_confidence(errors):
    assert found(errors, true_label="cat") == [1, 0]
    assert found(errors, predicted_label="cat") == [2, 3]
    assert found(errors, true_label="cat", predicted_label="dog") == [0]
    assert found(errors, verdict="rejected") == [2] and found(errors, verdict="not reviewed") == [1, 0]
    assert found(errors, min_confidence=0.6, max_confidence=0.75) == [2, 0]
    assert found(errors, true_label="ship", predicted_label="truck") == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"true_label": "tiger"}, "Unknown true label 'tiger'. Allowed: any, airplane"),
        ({"predicted_label": ""}, "Unknown predicted label ''"),
        ({"sort": "beauty"}, f"Unknown sort 'beauty'. Allowed: {', '.join(SORTS)}."),
        ({"verdict": "guilty"}, f"Unknown verdict 'guilty'. Allowed: any, {', '.join(VERDICTS)}."),
        ({"min_confidence": -0.1}, "min_confidence must be a number from 0 to 1, got -0.1"),
        ({"max_confidence": 1.5}, "max_confidence must be a number from 0 to 1, got 1.5"),
        ({"min_confidence": 0.9, "max_confidence": 0.1}, "min_confidence must not be above max_confidence"),
        ({"seed": 1.5}, "seed must be a whole number from 0"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(errors, asked, sentence):
    with pytest.raises(ChoiceError) as refusal:
        errors.select(Selection(**asked))
    assert sentence in str(refusal.value)


def test_pages_hold_every_error_once():
    rows = np.arange(23)
    pages = [page_of(rows, 10, number, 100) for number in (1, 2, 3)]
    assert np.array_equal(np.concatenate([page for page, _ in pages]), rows) and {count for _, count in pages} == {3}
    empty, count = page_of(rows[:0], 10, 1, 100)
    assert (len(empty), count) == (0, 1)


@pytest.mark.parametrize(
    ("count", "page", "sentence"),
    [(0, 1, "count must be a whole number from 1 to 100"), (101, 1, "from 1 to 100"), (1.5, 1, "from 1 to 100"),
     (10, 4, "page must be a whole number from 1 to 3"), (10, 0, "from 1 to 3")],
)  # fmt: skip
def test_a_page_that_is_not_there_is_refused(count, page, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        page_of(np.arange(23), count, page, 100)


def test_an_error_is_found_by_its_test_index_and_another_picture_is_none(errors):
    assert errors.row_of(30) == 2
    with pytest.raises(ChoiceError, match=r"Test picture 31 is not among this release's 4 errors\."):
        errors.row_of(31)


def test_only_what_leaves_errors_out_narrows_a_selection():
    assert not replace(Selection(), sort="margin", seed=7).narrows()
    assert Selection(verdict="rejected").narrows() and Selection(max_confidence=0.5).narrows()


def test_the_table_tells_all_that_is_known(errors):
    table = errors.table(np.array([2, 0]))
    assert tuple(table.columns) == COLUMNS
    rejected, unknown = table.to_dict("records")
    assert [rejected[name] for name in COLUMNS[:3]] == [30, "dog", "cat"]
    assert [rejected[name] for name in COLUMNS[3:7]] == pytest.approx(
        [0.7, 0.2, 2 * np.log(3.5), -np.log(0.2)], rel=1e-6
    )
    assert [rejected[name] for name in COLUMNS[7:]] == ["rejected", 1, 4, 0, 0, "cat"]
    assert (unknown["label"], unknown["other class"]) == ("not reviewed", "")
