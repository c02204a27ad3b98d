"""Which images a network is judged on, and its figures there: accuracy, loss, calibration, confusion, errors."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Integer
from torchmetrics.functional.classification import multiclass_confusion_matrix

from model.images import to_tensor
from model.metrics import FurtherFigures, SplitFigures
from model.network import CifarResNet
from model.release import Release
from model.samples import Misclassified
from training.data.cifar10 import is_whole_test_set
from training.data.label_reviews import REJECTED_TEST_LABELS
from training.data.split import Split, split_validation
from training.errors import TrainingError
from training.judging.calibration import expected_calibration_error, negative_log_likelihood, softmax


class ChoiceOfImagesError(TrainingError):
    """The data does not hold the images that a network should be judged on."""


def choose(test: Split, count: int) -> Integer[np.ndarray, "count"]:
    """The rows of `count` test images, the same ones in every call.

    Raises ChoiceOfImagesError if there are not that many.
    """
    if not 1 <= count <= len(test):
        raise ChoiceOfImagesError(f"--count must be from 1 to {len(test)}, got {count}")
    return np.random.default_rng(0).permutation(len(test))[:count]


def held_out_images(release: Release, train: Split) -> Split:
    """The training images that the release's run held out for validation.

    Raises ChoiceOfImagesError if the release does not say which, or if `train` does not hold them.
    """
    recipe = release.metrics.recipe or {}
    held_out = int(recipe.get("validation_images", 0))
    if not held_out or held_out >= len(train):
        raise ChoiceOfImagesError(f"{release.folder} does not say which pictures its run held out for validation.")
    return split_validation(train, held_out, int(recipe["seed"]))[1]


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


def confusion_matrix(
    predictions: Integer[np.ndarray, "count"], labels: Integer[np.ndarray, "count"], classes: int
) -> Integer[np.ndarray, "classes classes"]:
    """Counts (classes, classes): row = true class, column = predicted class."""
    found, wanted = (torch.from_numpy(each.astype(np.int64)) for each in (predictions, labels))
    return multiclass_confusion_matrix(found, wanted, classes).numpy()


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
        ece=expected_calibration_error(softmax(logits, temperature), labels),
        loss_at_temperature_1=negative_log_likelihood(logits, labels, 1.0),
        ece_at_temperature_1=expected_calibration_error(softmax(logits, 1.0), labels),
        class_accuracy=tuple((np.diag(confusion) / np.maximum(1, confusion.sum(axis=1))).tolist()),
        confusion_matrix=tuple(tuple(row) for row in confusion.tolist()),
    )


def further_figures(network: CifarResNet, split: Split, logits: Float[np.ndarray, "count classes"]) -> FurtherFigures:
    """Accuracies that are reported beside the usual one, and are not it.

    `accuracy_flip_tta`: of the mean of an image's logits and its mirror image's. On CIFAR-10's whole test set also
    `accuracy_without_rejected_labels`, and how many labels those are.
    """
    both = logits + logits_of(network, split, mirrored=True)
    figures = FurtherFigures(accuracy_flip_tta=_accuracy(both, split.labels))
    if not is_whole_test_set(split):
        return figures
    kept = np.setdiff1d(np.arange(len(split)), REJECTED_TEST_LABELS)
    return replace(
        figures,
        accuracy_without_rejected_labels=_accuracy(logits[kept], split.labels[kept]),
        rejected_labels=len(REJECTED_TEST_LABELS),
    )


def _accuracy(logits: Float[np.ndarray, "count classes"], labels: Integer[np.ndarray, "count"]) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


def mean_and_half_width(scores: Float[np.ndarray, "count"]) -> tuple[float, float]:
    """The mean, and the half-width of its 95% confidence interval: NaN for a single score."""
    half_width = 1.96 * scores.std(ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.nan
    return float(scores.mean()), float(half_width)


def misclassified_of(split: Split, logits: Float[np.ndarray, "count classes"], temperature: float) -> Misclassified:
    """All images of a split whose largest logit is not their label's, in the split's order."""
    predictions = logits.argmax(axis=1)
    rows = np.flatnonzero(predictions != split.labels)
    return Misclassified(
        images=split.images[rows],
        test_indices=rows.astype(np.int32),
        labels=split.labels[rows].astype(np.int64),
        predictions=predictions[rows],
        probabilities=softmax(logits[rows], temperature),
    )
