import numpy as np
import pytest

from training.judging.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    softmax,
)


def test_the_fitted_temperature_undoes_an_exaggeration(logits_and_labels):
    # 5,000 labels place the optimum to within a few percent.
    assert fit_temperature(*logits_and_labels) == pytest.approx(3, rel=0.05)


def test_the_fitted_temperature_is_the_likeliest(logits_and_labels):
    best = fit_temperature(*logits_and_labels)
    losses = [negative_log_likelihood(*logits_and_labels, temperature=best * factor) for factor in (0.98, 1, 1.02)]
    assert losses[1] == min(losses)


def test_a_calibration_error_worked_out_by_hand():
    """Two images at 0.9, one of them right; two at 0.6, both right: half of |0.5 - 0.9| and half of |1 - 0.6|."""
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], np.float32)
    assert expected_calibration_error(probabilities, np.array([0, 1, 1, 1])) == pytest.approx(0.4, abs=1e-6)


def test_the_calibration_error_is_that_of_the_bins_of_the_diagram(logits_and_labels):
    logits, labels = logits_and_labels
    found = reliability(softmax(logits, 1.0), labels)
    gaps = np.abs(found.accuracies - found.confidences)
    assert found.ece == pytest.approx(float((found.counts * gaps).sum() / len(labels)), abs=1e-5)
    assert found.counts.sum() == len(labels)


def test_empty_bins_of_the_diagram_hold_zeros():
    found = reliability(np.array([[0.9, 0.1]], np.float32), np.array([0]), bins=10)
    assert found.counts.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert found.accuracies.sum() == 1 and found.confidences.sum() == pytest.approx(0.9)
