import os

import numpy as np
import pytest

from model.metrics import FurtherFigures
from training.data.cifar10 import Split
from training.data.label_reviews import REJECTED_TEST_LABELS
from training.judging.evaluation import (
    confusion_matrix,
    figures_of,
    further_figures,
    logits_of,
    misclassified_of,
)


def test_the_confusion_matrix_counts_true_classes_in_rows():
    assert confusion_matrix(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), 3).tolist() == [
        [1, 1, 0],
        [0, 1, 1],
        [0, 0, 0],
    ]


def test_figures_agree_with_one_another(logits_and_labels):
    figures = figures_of(*logits_and_labels, temperature=3.0)
    confusion = np.array(figures.confusion_matrix)
    assert confusion.sum() == figures.count == 5000
    assert figures.errors == 5000 - np.trace(confusion)
    assert figures.accuracy == pytest.approx(1 - figures.errors / 5000)
    assert figures.ece < figures.ece_at_temperature_1


def test_every_error_is_kept_with_its_place_in_the_test_set():
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    logits = np.eye(4, 10, dtype=np.float32) * 5
    wrong = misclassified_of(Split(images, np.array([0, 9, 2, 9], np.uint8)), logits, 1.0)
    assert wrong.test_indices.tolist() == [1, 3]
    assert (wrong.labels.tolist(), wrong.predictions.tolist()) == ([9, 9], [1, 3])
    assert np.array_equal(wrong.images, images[[1, 3]])


@pytest.mark.whole_data
def test_flip_tta_judges_the_mean_of_a_picture_and_its_mirror_image(network, whole_data):
    _, test = whole_data
    few = test.take(np.arange(200))
    mirrored = Split(np.ascontiguousarray(few.images[:, :, ::-1]), few.labels)
    logits, mirrored_logits = logits_of(network, few), logits_of(network, mirrored)
    expected = ((logits + mirrored_logits).argmax(axis=1) == few.labels).mean()
    assert further_figures(network, few, logits) == FurtherFigures(accuracy_flip_tta=expected)
    assert np.array_equal(logits_of(network, few, mirrored=True), mirrored_logits)


@pytest.mark.whole_data
def test_recomputing_the_bundled_figures_gives_the_same_errors_to_the_last_image(release, whole_data):
    """Of the errors and 1,500 other test pictures, or of all where EXHAUSTIVE is set: that takes a minute."""
    _, test = whole_data
    errors, stated, temperature = release.misclassified, release.metrics.test, release.config.temperature
    drawn = np.arange(len(test)) if os.environ.get("EXHAUSTIVE") else np.random.default_rng(0).choice(len(test), 1_500)
    rows = np.union1d(drawn, errors.test_indices)
    some = test.take(rows)
    logits = logits_of(release.network, some)
    recomputed = misclassified_of(some, logits, temperature)
    assert np.array_equal(rows[recomputed.test_indices], errors.test_indices)
    assert np.array_equal(recomputed.predictions, errors.predictions)
    assert np.array_equal(recomputed.images, errors.images)
    assert stated.accuracy == 1 - len(errors) / len(test)
    if len(rows) == len(test):
        figures = figures_of(logits, test.labels, temperature)
        assert (figures.ece, figures.loss) == pytest.approx((stated.ece, stated.loss), abs=1e-4)


def test_the_rejected_labels_are_fifty_four_different_test_pictures():
    assert len(set(REJECTED_TEST_LABELS)) == len(REJECTED_TEST_LABELS) == 54
    assert min(REJECTED_TEST_LABELS) >= 0 and max(REJECTED_TEST_LABELS) < 10_000


def test_the_bundled_release_states_its_further_figures_as_its_errors_imply(release):
    further = release.metrics.further_test_figures
    errors_kept = len(np.setdiff1d(release.misclassified.test_indices, REJECTED_TEST_LABELS))
    assert further.accuracy_without_rejected_labels == pytest.approx(1 - errors_kept / (10_000 - 54))
    assert further.accuracy_flip_tta > release.test_accuracy
