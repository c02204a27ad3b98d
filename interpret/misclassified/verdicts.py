"""What people made of the labels of misclassified images: a verdict on each, and what the accuracy is without the
labels that they rejected.

Northcutt et al. 2021, https://arxiv.org/abs/2103.14749: five people each were asked about doubtful labels.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from model.release import Release
from model.samples import LabelReviews, Misclassified

NOT_REVIEWED, UPHELD, DISPUTED, REJECTED = "not reviewed", "upheld", "disputed", "rejected"
VERDICTS = (NOT_REVIEWED, UPHELD, DISPUTED, REJECTED)
NEARLY_ALL, HALF = 0.8, 0.5
GIVEN = 0  # the column of the votes for the label as it is
SOURCE = "[Northcutt et al. 2021](https://arxiv.org/abs/2103.14749), votes of cleanlab/label-errors, Apache-2.0"
MEANINGS = {
    NOT_REVIEWED: "nobody was asked about the label",
    UPHELD: "at least four of five people gave the label themselves",
    DISPUTED: "three did",
    REJECTED: "fewer did",
}


@dataclass(frozen=True)
class Verdicts:
    """What people said of each misclassified image's label, in the order of the images.

    `votes` as in `model.samples.LabelReviews`, 0 where nobody was asked; `others` is the index of the other class that
    they were offered, -1 where nobody was asked.
    """

    votes: Int[np.ndarray, "errors 4"]
    others: Int[np.ndarray, "errors"]

    @property
    def reviewed(self) -> Bool[np.ndarray, "errors"]:
        return self.others >= 0

    @property
    def doubts(self) -> Float[np.ndarray, "errors"]:
        """The share of people who did not give the label themselves, in [0, 1]; NaN where nobody was asked."""
        asked = self.votes.sum(axis=1)
        shares = 1 - self.votes[:, GIVEN] / np.maximum(1, asked)
        return np.where(asked > 0, shares, np.nan)

    @property
    def names(self) -> np.ndarray:
        """One of VERDICTS for each image, as MEANINGS defines them."""
        upheld = 1 - self.doubts
        found = np.full(len(self.others), NOT_REVIEWED, dtype=object)
        for name, least in ((REJECTED, 0.0), (DISPUTED, HALF), (UPHELD, NEARLY_ALL)):
            found[self.reviewed & (upheld >= least)] = name
        return found

    def in_words(self, row: int, class_names: tuple[str, ...], label: int) -> str:
        """What people said of one image's label, as a sentence."""
        if not self.reviewed[row]:
            return "Nobody was asked whether its label is right."
        given, other, both, neither = self.votes[row].tolist()
        one, two = class_names[label], class_names[self.others[row]]
        parts = [
            f"{count} said {answer}"
            for count, answer in ((given, one), (other, two), (both, "both"), (neither, "neither"))
            if count
        ]
        asked = int(self.votes[row].sum())
        return f"Of {asked} people who were asked whether it is {one} or {two}, {', '.join(parts)}: the label is " + (
            f"{self.names[row]}."
        )


def verdicts_of(samples: Misclassified, reviews: LabelReviews | None) -> Verdicts:
    """The verdict on each misclassified image; none was reviewed if the release holds no reviews."""
    votes, others = np.zeros((len(samples), 4), np.int64), np.full(len(samples), -1, np.int64)
    if reviews is not None:
        _, rows, found = np.intersect1d(samples.test_indices, reviews.test_indices, return_indices=True)
        votes[rows], others[rows] = reviews.votes[found], reviews.others[found]
    return Verdicts(votes, others)


@dataclass(frozen=True)
class FairAccuracy:
    """The accuracy on the test images whose label people did not reject, in [0, 1], and how many they rejected: of all
    test images, and of those that the network gets wrong."""

    accuracy: float
    rejected: int
    rejected_errors: int


def accuracy_without_rejected(release: Release) -> FairAccuracy | None:
    """From what the release stores; None if it holds no reviews."""
    reviews, test = release.reviews, release.metrics.test
    if reviews is None:
        return None
    everything = Verdicts(reviews.votes, reviews.others)
    rejected = reviews.test_indices[everything.names == REJECTED]
    errors = int(np.isin(release.misclassified.test_indices, rejected).sum())
    kept = test.count - len(rejected)
    return FairAccuracy(1 - (test.errors - errors) / kept, len(rejected), errors) if kept > 0 else None
