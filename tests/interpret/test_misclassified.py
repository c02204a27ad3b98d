import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.misclassified import select_errors
from model.network import CIFAR10_CLASSES
from model.samples import Misclassified


@pytest.fixture
def samples() -> Misclassified:
    """Three errors: cat taken for dog (60%), cat for frog (90%), dog for cat (70%)."""
    probabilities = np.full((3, 10), 0.0, np.float32)
    predictions, confidences = np.array([5, 6, 3]), [0.6, 0.9, 0.7]
    probabilities[np.arange(3), predictions] = confidences
    return Misclassified(
        np.zeros((3, 32, 32, 3), np.uint8), np.array([10, 20, 30]), np.array([3, 3, 5]), predictions, probabilities
    )


def test_the_most_confident_errors_come_first(samples):
    rows, found = select_errors(samples, CIFAR10_CLASSES, 3)
    assert (rows.tolist(), found) == ([1, 2, 0], 3)


def test_count_limits_what_is_shown_and_not_what_is_counted(samples):
    rows, found = select_errors(samples, CIFAR10_CLASSES, 1)
    assert (rows.tolist(), found) == ([1], 3)


def test_errors_are_chosen_by_true_and_by_predicted_label(samples):
    assert select_errors(samples, CIFAR10_CLASSES, 3, "cat")[0].tolist() == [1, 0]
    assert select_errors(samples, CIFAR10_CLASSES, 3, "any", "cat")[0].tolist() == [2]
    assert select_errors(samples, CIFAR10_CLASSES, 3, "cat", "dog")[0].tolist() == [0]


def test_a_pair_without_errors_gives_none(samples):
    rows, found = select_errors(samples, CIFAR10_CLASSES, 3, "ship", "truck")
    assert (len(rows), found) == (0, 0)


@pytest.mark.parametrize("count", [0, 4, 1.5])
def test_a_count_out_of_range_is_refused(samples, count):
    with pytest.raises(ChoiceError, match="from 1 to 3"):
        select_errors(samples, CIFAR10_CLASSES, count)


def test_an_unknown_label_is_answered_with_the_labels_there_are(samples):
    with pytest.raises(ChoiceError, match="any, airplane"):
        select_errors(samples, CIFAR10_CLASSES, 1, "tiger")


def test_counts_by_pair_match_the_confusion_matrix_of_the_bundled_release(release):
    confusion = release.metrics.test.confusion_matrix
    names = release.config.class_names
    for true, predicted in ((3, 5), (5, 3), (0, 8), (9, 1)):
        _, found = select_errors(release.misclassified, names, 1, names[true], names[predicted])
        assert found == confusion[true][predicted]
