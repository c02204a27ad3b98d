"""Figures of a network on a split: accuracy, loss, calibration, confusion, and the pictures that it gets wrong."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int, Integer
from scipy.optimize import minimize_scalar

from model.images import to_tensor
from model.metrics import FurtherFigures, SplitFigures
from model.network import CifarResNet
from model.release import Misclassified
from training.data.cifar10 import Split
from training.judging.label_reviews import REJECTED_TEST_LABELS

BINS = 15
WHOLE_TEST_SET = 10_000


@dataclass(frozen=True)
class Reliability:
    """Predictions in equally wide bins of confidence: how many, how confident, how often right."""

    counts: Int[np.ndarray, "bins"]
    confidences: Float[np.ndarray, "bins"]
    accuracies: Float[np.ndarray, "bins"]

    @property
    def ece(self) -> float:
        """Expected calibration error in [0, 1]: Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3."""
        gaps = np.abs(self.accuracies - self.confidences)
        return float((self.counts * gaps).sum() / max(1, self.counts.sum()))


def logits_of(
    network: CifarResNet, split: Split, batch_size: int = 500, mirrored: bool = False
) -> Float[np.ndarray, "count classes"]:
    """The network's logits in float32, with the served app's own preprocessing; of the mirror images on request."""
    device = network.mean.device
    images = split.images[:, :, ::-1] if mirrored else split.images
    batches = (images[start : start + batch_size] for start in range(0, len(split), batch_size))
    with torch.inference_mode():
        logits = [network(to_tensor(np.ascontiguousarray(batch)).to(device)).cpu() for batch in batches]
    return torch.cat(logits).numpy()


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
    )


def confusion_matrix(
    predictions: Integer[np.ndarray, "count"], labels: Integer[np.ndarray, "count"], classes: int
) -> Integer[np.ndarray, "classes classes"]:
    """Counts (classes, classes): row = true class, column = predicted class."""
    return np.bincount(labels.astype(np.int64) * classes + predictions, minlength=classes**2).reshape(classes, classes)


def figures_of(
    logits: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"], temperature: float
) -> SplitFigures:
    """What `metrics.json` says of a split. `loss` is the mean negative log likelihood in nats."""
    classes = logits.shape[1]
    confusion = confusion_matrix(logits.argmax(axis=1), labels, classes)
    right = int(np.trace(confusion))
    return SplitFigures(
        count=len(labels),
        errors=len(labels) - right,
        accuracy=right / len(labels),
        loss=negative_log_likelihood(logits, labels, temperature),
        ece=reliability(softmax(logits, temperature), labels).ece,
        loss_at_temperature_1=negative_log_likelihood(logits, labels, 1.0),
        ece_at_temperature_1=reliability(softmax(logits, 1.0), labels).ece,
        class_accuracy=tuple((np.diag(confusion) / np.maximum(1, confusion.sum(axis=1))).tolist()),
        confusion_matrix=tuple(tuple(row) for row in confusion.tolist()),
    )


def further_figures(network: CifarResNet, split: Split, logits: Float[np.ndarray, "count classes"]) -> FurtherFigures:
    """Accuracies that are reported beside the usual one, and are not it.

    `accuracy_flip_tta`: of the mean of a picture's logits and its mirror image's. On the whole test set also
    `accuracy_without_rejected_labels`, and how many labels those are.
    """
    both = logits + logits_of(network, split, mirrored=True)
    figures = FurtherFigures(accuracy_flip_tta=_accuracy(both, split.labels))
    if len(split) != WHOLE_TEST_SET:
        return figures
    kept = np.setdiff1d(np.arange(len(split)), REJECTED_TEST_LABELS)
    return replace(
        figures,
        accuracy_without_rejected_labels=_accuracy(logits[kept], split.labels[kept]),
        rejected_labels=len(REJECTED_TEST_LABELS),
    )


def _accuracy(logits: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"]) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


def misclassified_of(split: Split, logits: Float[np.ndarray, "count classes"], temperature: float) -> Misclassified:
    """All pictures of a split whose largest logit is not their label's, in the split's order."""
    predictions = logits.argmax(axis=1)
    rows = np.flatnonzero(predictions != split.labels)
    return Misclassified(
        images=split.images[rows],
        test_indices=rows.astype(np.int32),
        labels=split.labels[rows].astype(np.int64),
        predictions=predictions[rows],
        probabilities=softmax(logits[rows], temperature),
    )
