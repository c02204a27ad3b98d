"""What people said of 275 test labels of CIFAR-10 that were in doubt.

Source: Northcutt et al. 2021, "Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks",
https://arxiv.org/abs/2103.14749; `label_reviews.csv` holds the votes of https://github.com/cleanlab/label-errors
(Apache-2.0). Five people each were shown the picture, its label and the class that a network had guessed.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from model.samples import LabelReviews

VOTES = Path(__file__).with_suffix(".csv")
ANSWER_COLUMNS = ("given", "chose_other", "both", "neither")  # in the order of `model.samples.ANSWERS`
UPHOLDING = 3  # of five people


def label_reviews(class_names: tuple[str, ...]) -> LabelReviews:
    """All 275 reviews, sorted by test index. Raises ValueError if `class_names` lacks a class of CIFAR-10."""
    rows = _rows()
    return LabelReviews(
        test_indices=np.array([int(row["test_index"]) for row in rows]),
        labels=np.array([class_names.index(row["label"]) for row in rows]),
        others=np.array([class_names.index(row["other"]) for row in rows]),
        votes=np.array([[int(row[name]) for name in ANSWER_COLUMNS] for row in rows]),
    )


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with VOTES.open(newline="") as file:
        return tuple(csv.DictReader(file))


# The test images whose label fewer than three of five people chose.
REJECTED_TEST_LABELS = tuple(int(row["test_index"]) for row in _rows() if int(row["given"]) < UPHOLDING)
