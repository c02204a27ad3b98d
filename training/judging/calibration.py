"""How far a network's confidence agrees with how often it is right, and the temperature that makes it agree best."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Integer
from scipy.optimize import minimize_scalar
from torchmetrics.functional.classification import multiclass_calibration_error

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Predictions in equally wide bins of confidence: how many, how confident, how often right; and their ECE."""

    counts: Int[np.ndarray, "bins"]
    confidences: Float[np.ndarray, "bins"]
    accuracies: Float[np.ndarray, "bins"]
    ece: float


def softmax(logits: Float[np.ndarray, "count classes"], temperature: float) -> Float[np.ndarray, "count classes"]:
    """Probabilities, rows summing to 1, of logits divided by a temperature."""
    return torch.softmax(torch.from_numpy(logits) / temperature, dim=1).numpy()


def negative_log_likelihood(
    logits: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"], temperature: float
) -> float:
    """The mean of -log(probability of the label), in nats."""
    targets = torch.from_numpy(labels.astype(np.int64))
    return float(torch.nn.functional.cross_entropy(torch.from_numpy(logits) / temperature, targets))


def fit_temperature(logits: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"]) -> float:
    """The temperature in [0.05, 20] that makes the labels most likely (Guo et al. 2017, section 4.2)."""
    result = minimize_scalar(
        lambda log_t: negative_log_likelihood(logits, labels, float(np.exp(log_t))),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return round(float(np.exp(result.x)), 4)


def reliability(
    probabilities: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"], bins: int = BINS
) -> Reliability:
    """How far confidence and accuracy agree, bin by bin; empty bins hold zeros."""
    confidences, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    index = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        counts,
        np.bincount(index, weights=confidences, minlength=bins) / divisor,
        np.bincount(index, weights=right, minlength=bins) / divisor,
        expected_calibration_error(probabilities, labels, bins),
    )


def expected_calibration_error(
    probabilities: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"], bins: int = BINS
) -> float:
    """In [0, 1]: Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3."""
    targets = torch.from_numpy(labels.astype(np.int64))
    classes = probabilities.shape[1]
    return float(multiclass_calibration_error(torch.from_numpy(probabilities), targets, classes, n_bins=bins))
