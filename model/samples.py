"""The misclassified images of a release, and what is known of them: a required table, and two optional ones.

- `misclassified.parquet`: every test image that the network gets wrong.
- `label_reviews.parquet`: what people said of test labels that were in doubt.
- `nearest_training.parquet`: the training images that the network finds most like each error.

All functions that read raise TableError.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from model.files.tables import Table, TableError, class_labels, number_lists, numbers, pictures, write_table

SAMPLES = "misclassified.parquet"
REVIEWS = "label_reviews.parquet"
NEAREST = "nearest_training.parquet"
ANSWERS = ("given", "other", "both", "neither")


@dataclass(frozen=True)
class Misclassified:
    """Every test image whose predicted class is not its label, one row each, in test-set order."""

    images: UInt8[np.ndarray, "errors 32 32 3"]
    test_indices: Int[np.ndarray, "errors"]
    labels: Int[np.ndarray, "errors"]
    predictions: Int[np.ndarray, "errors"]
    probabilities: Float[np.ndarray, "errors classes"]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def confidences(self) -> Float[np.ndarray, "errors"]:
        """The probability of each wrong prediction, in [0, 1]."""
        return self.probabilities[np.arange(len(self)), self.predictions]


@dataclass(frozen=True)
class LabelReviews:
    """What people said of test images whose label was in doubt, one row each, in test-set order.

    They were shown the label (`labels`) and one other class (`others`), and each answered with one of ANSWERS: `votes`
    counts the answers.
    """

    test_indices: Int[np.ndarray, "reviews"]
    labels: Int[np.ndarray, "reviews"]
    others: Int[np.ndarray, "reviews"]
    votes: Int[np.ndarray, "reviews 4"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class NearestTraining:
    """For each misclassified image, in their order, the training images whose last features are nearest to its own.

    The last features are the 512 maxima that `fc` weights; `distances` are Euclidean, in their unit, nearest first.
    """

    test_indices: Int[np.ndarray, "errors"]
    train_indices: Int[np.ndarray, "errors nearest"]
    labels: Int[np.ndarray, "errors nearest"]
    distances: Float[np.ndarray, "errors nearest"]
    images: UInt8[np.ndarray, "errors nearest 32 32 3"]

    def __len__(self) -> int:
        return len(self.test_indices)


def save_misclassified(samples: Misclassified, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `misclassified.parquet`."""
    columns = {
        "image": pictures(samples.images, samples.test_indices.tolist()),
        "test_index": numbers(samples.test_indices, "int32"),
        "label": class_labels(samples.labels, class_names),
        "prediction": class_labels(samples.predictions, class_names),
        "confidence": numbers(samples.confidences, "float32"),
        "probabilities": number_lists(samples.probabilities, "float32"),
    }
    write_table(columns, folder / SAMPLES)


def load_misclassified(folder: Path, class_count: int) -> Misclassified:
    """Reads `misclassified.parquet`."""
    table = Table(folder / SAMPLES)
    return Misclassified(
        images=table.pictures("image"),
        test_indices=table.whole_numbers("test_index"),
        labels=table.whole_numbers("label", high=class_count),
        predictions=table.whole_numbers("prediction", high=class_count),
        probabilities=table.lists_of_numbers("probabilities", class_count),
    )


def save_reviews(reviews: LabelReviews, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `label_reviews.parquet`."""
    columns = {
        "test_index": numbers(reviews.test_indices, "int32"),
        "label": class_labels(reviews.labels, class_names),
        "other": class_labels(reviews.others, class_names),
        **{f"votes_{name}": numbers(reviews.votes[:, at], "int32") for at, name in enumerate(ANSWERS)},
    }
    write_table(columns, folder / REVIEWS)


def load_reviews(folder: Path, class_count: int) -> LabelReviews:
    """Reads `label_reviews.parquet`."""
    table = Table(folder / REVIEWS)
    found = LabelReviews(
        test_indices=table.whole_numbers("test_index"),
        labels=table.whole_numbers("label", high=class_count),
        others=table.whole_numbers("other", high=class_count),
        votes=np.stack([table.whole_numbers(f"votes_{name}") for name in ANSWERS], axis=1),
    )
    if len(np.unique(found.test_indices)) < len(found):
        raise TableError("it holds a test picture twice")
    return found


def save_nearest(nearest: NearestTraining, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `nearest_training.parquet`: a row for each error and each of its nearest training images."""
    errors, count = nearest.train_indices.shape
    images, train_indices = nearest.images.reshape(-1, *nearest.images.shape[2:]), nearest.train_indices.ravel()
    columns = {
        "test_index": numbers(nearest.test_indices.repeat(count), "int32"),
        "rank": numbers(np.tile(np.arange(1, count + 1), errors), "int32"),
        "train_index": numbers(train_indices, "int32"),
        "label": class_labels(nearest.labels.ravel(), class_names),
        "distance": numbers(nearest.distances.ravel(), "float32"),
        "image": pictures(images, train_indices.tolist()),
    }
    write_table(columns, folder / NEAREST)


def load_nearest(folder: Path, class_count: int, samples: Misclassified) -> NearestTraining:
    """Reads `nearest_training.parquet`, which must be that of these errors."""
    table, errors = Table(folder / NEAREST), len(samples)
    count = len(table) // max(1, errors)
    if len(table) != count * errors or not np.array_equal(
        table.whole_numbers("test_index"), samples.test_indices.repeat(count)
    ):
        raise TableError("it is of other errors than misclassified.parquet")
    if errors and not count:
        raise TableError("it holds no training pictures")
    shape = (errors, count)
    return NearestTraining(
        test_indices=samples.test_indices,
        train_indices=table.whole_numbers("train_index").reshape(shape),
        labels=table.whole_numbers("label", high=class_count).reshape(shape),
        distances=table.not_negative("distance").reshape(shape),
        images=table.pictures("image").reshape(*shape, 32, 32, 3),
    )
