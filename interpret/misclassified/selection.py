"""Finding misclassified test images: by class, confidence and verdict, in an order that is asked for, page by page."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from interpret.choices import ChoiceError, check_fraction, check_name, check_whole
from interpret.misclassified.verdicts import GIVEN, VERDICTS, Verdicts, verdicts_of
from model.release import Release
from model.samples import ANSWERS, Misclassified

ANY = "any"
SORTS = ("confidence", "margin", "loss", "doubt", "random")
LARGEST_SEED = 2**31 - 1
COLUMNS = (
    "test picture",
    "true label",
    "predicted label",
    "confidence",
    "confidence in the true label",
    "margin, in logits",
    "loss, in nats",
    "label",
    *(f"votes: {answer}" for answer in ANSWERS),
    "other class",
)


@dataclass(frozen=True)
class Selection:
    """Which errors, in which order.

    `verdict`: one of VERDICTS or "any". Confidences are those of the wrong prediction, in [0, 1]. `sort`: the largest
    confidence, loss or doubt about the label first, the smallest margin first, or at random, drawn from `seed`.
    """

    true_label: str = ANY
    predicted_label: str = ANY
    sort: str = SORTS[0]
    verdict: str = ANY
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    seed: int | float = 0

    def checked(self, class_names: tuple[str, ...]) -> "Selection":
        """The selection with its numbers as they are meant. Raises ChoiceError, saying what is allowed."""
        check_name("true label", self.true_label, (ANY, *class_names))
        check_name("predicted label", self.predicted_label, (ANY, *class_names))
        check_name("sort", self.sort, SORTS)
        check_name("verdict", self.verdict, (ANY, *VERDICTS))
        low, high = (check_fraction(name, getattr(self, name)) for name in ("min_confidence", "max_confidence"))
        if low > high:
            raise ChoiceError(f"min_confidence must not be above max_confidence, got {low:g} and {high:g}.")
        seed = check_whole("seed", self.seed, 0, LARGEST_SEED)
        return replace(self, min_confidence=low, max_confidence=high, seed=seed)

    def narrows(self) -> bool:
        """Whether it leaves errors out."""
        everything = asdict(Selection(sort=self.sort, seed=self.seed))
        return asdict(self) != everything


@dataclass(frozen=True)
class Errors:
    """A release's misclassified test images with what is known of each, in the same order."""

    samples: Misclassified
    class_names: tuple[str, ...]
    temperature: float
    verdicts: Verdicts

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def margins(self) -> Float[np.ndarray, "errors"]:
        """The predicted class's logit minus the true one's, from the stored probabilities; above 0."""
        return self.temperature * (self._log_of(self.samples.predictions) - self._log_of(self.samples.labels))

    @cached_property
    def losses(self) -> Float[np.ndarray, "errors"]:
        """The negative log likelihood of the true class, in nats."""
        return -self._log_of(self.samples.labels)

    def _log_of(self, classes: Int[np.ndarray, "errors"]) -> Float[np.ndarray, "errors"]:
        chosen = self.samples.probabilities[np.arange(len(self)), classes].astype(np.float64)
        return np.log(np.maximum(chosen, np.finfo(np.float32).smallest_subnormal))

    def select(self, selection: Selection) -> Int[np.ndarray, "found"]:
        """The rows of the errors that were asked for, in the order that was asked for. Raises ChoiceError."""
        asked = selection.checked(self.class_names)
        confidences = self.samples.confidences
        found = (confidences >= asked.min_confidence) & (confidences <= asked.max_confidence)
        samples = self.samples
        for name, values in ((asked.true_label, samples.labels), (asked.predicted_label, samples.predictions)):
            if name != ANY:
                found &= values == self.class_names.index(name)
        if asked.verdict != ANY:
            found &= self.verdicts.names == asked.verdict
        rows = np.flatnonzero(found)
        return rows[np.lexsort((-confidences[rows], self._keys(asked)[rows]))]

    def _keys(self, asked: Selection) -> Float[np.ndarray, "errors"]:
        """What the rows are sorted by, the smallest first. NaN, a label that nobody reviewed, is sorted last."""
        if asked.sort == "random":  # of all errors, so that a filter takes from the order and does not change it
            return np.random.default_rng(int(asked.seed)).permutation(len(self)).astype(float)
        return {
            "confidence": -self.samples.confidences,
            "margin": self.margins,
            "loss": -self.losses,
            "doubt": -self.verdicts.doubts,
        }[asked.sort]

    def row_of(self, test_index: int | float) -> int:
        """The row of a test image. Raises ChoiceError if it is not among the errors."""
        if not isinstance(test_index, int | float):
            raise ChoiceError("Name one of the errors by its number in the test set.")
        rows = np.flatnonzero(self.samples.test_indices == test_index)
        if not len(rows):
            raise ChoiceError(self.not_among(test_index))
        return int(rows[0])

    def not_among(self, test_index: int | float) -> str:
        """That a test image is no error, in words."""
        return f"Test picture {test_index:g} is not among this release's {len(self):,} errors."

    def table(self, rows: Int[np.ndarray, "chosen"]) -> pd.DataFrame:
        """What is known of the chosen errors, one row each, with COLUMNS."""
        samples, verdicts, names = self.samples, self.verdicts, self.class_names
        labels, predictions, votes = samples.labels[rows], samples.predictions[rows], verdicts.votes[rows]
        values = [
            samples.test_indices[rows],
            [names[label] for label in labels],
            [names[prediction] for prediction in predictions],
            samples.confidences[rows].astype(np.float64),
            samples.probabilities[rows, labels].astype(np.float64),
            self.margins[rows],
            self.losses[rows],
            verdicts.names[rows],
            *(votes[:, GIVEN + answer] for answer in range(len(ANSWERS))),
            [names[other] if other >= 0 else "" for other in verdicts.others[rows]],
        ]
        return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def errors_of(release: Release) -> Errors:
    """The errors of a release."""
    samples, config = release.misclassified, release.config
    return Errors(samples, config.class_names, config.temperature, verdicts_of(samples, release.reviews))


def page_of(rows: Int[np.ndarray, "found"], count: int | float, page: int | float, most: int) -> tuple[np.ndarray, int]:
    """The rows of one page of `count` (1 to `most`), and how many pages there are, at least 1. Raises ChoiceError."""
    count = check_whole("count", count, 1, max(1, most))
    pages = max(1, -(-len(rows) // count))
    page = check_whole("page", page, 1, pages)
    return rows[(page - 1) * count : page * count], pages
