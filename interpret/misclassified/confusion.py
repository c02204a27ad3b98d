"""Which class is taken for which: the confusion matrix from the stored errors, and the pairs that are confused most."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from interpret.choices import ChoiceError, check_name
from model.release import Release

COUNTS, SHARES = "counts", "shares"
NORMALISATIONS = (COUNTS, SHARES)
PAIRS_SHOWN = 6
PAIR_COLUMNS = ("one – other", "all", "→", "←")


@dataclass(frozen=True)
class Confusion:
    """Rows are true classes, columns predicted ones. `errors` has zeros on its diagonal; `class_counts` says how many
    test images each class has, None if the release does not say."""

    errors: Int[np.ndarray, "classes classes"]
    class_names: tuple[str, ...]
    class_counts: Int[np.ndarray, "classes"] | None

    @property
    def counts(self) -> Int[np.ndarray, "classes classes"]:
        """With the right answers on the diagonal, as far as they are known; else 0 there."""
        if self.class_counts is None:
            return self.errors
        return self.errors + np.diag(self.class_counts - self.errors.sum(axis=1))

    def normalised(self, normalise: str) -> Float[np.ndarray, "classes classes"]:
        """The counts, or the shares of each true class, in [0, 1].

        Raises ChoiceError for another word, or if there are no shares since the release does not count its classes.
        """
        if check_name("way to normalise", normalise, NORMALISATIONS) == COUNTS:
            return self.counts.astype(float)
        if self.class_counts is None:
            raise ChoiceError("This release does not say how many test pictures each class has; only counts are known.")
        return self.counts / np.maximum(1, self.class_counts)[:, None]

    def pairs(self) -> list[tuple[str, str, int, int]]:
        """Pairs of classes with how often the first is taken for the second, and the second for the first; those that
        are confused most first, each with the commoner confusion first."""
        names, found = self.class_names, []
        for one, other in combinations(range(len(names)), 2):
            first, second = (one, other) if self.errors[one, other] >= self.errors[other, one] else (other, one)
            there, back = int(self.errors[first, second]), int(self.errors[second, first])
            found.append((names[first], names[second], there, back))
        return sorted(found, key=lambda pair: -(pair[2] + pair[3]))

    def pair_table(self) -> pd.DataFrame:
        """The pairs that are confused most: in all, one taken for the other, and the other taken for the one."""
        pairs = self.pairs()[:PAIRS_SHOWN]
        rows = [(f"{one} – {other}", there + back, there, back) for one, other, there, back in pairs if there + back]
        return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))

    def table(self, normalise: str) -> pd.DataFrame:
        """The matrix with a column that names the true classes."""
        values = self.normalised(normalise)
        columns = {name: values[:, at] for at, name in enumerate(self.class_names)}
        if normalise == COUNTS:
            columns = {name: column.astype(int) for name, column in columns.items()}
        return pd.DataFrame({"true class": list(self.class_names), **columns})

    def sentence(self) -> str:
        """How many errors there are, and where most of them lie."""
        total = int(self.errors.sum())
        if not total:
            return "No test picture is misclassified."
        one, other, there, back = self.pairs()[0]
        return (
            f"{there + back:,} of the {total:,} errors are between {one} and {other}: {_times(there)} a picture of the "
            f"class {one} is taken for {other}, {_times(back)} the other way round."
        )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def confusion_of(release: Release) -> Confusion:
    """From the stored errors; the right answers from how many test images each class has, if the release says it."""
    samples, names = release.misclassified, release.config.class_names
    errors = np.zeros((len(names), len(names)), np.int64)
    np.add.at(errors, (samples.labels, samples.predictions), 1)
    return Confusion(errors, names, _class_counts(release, errors))


def _class_counts(release: Release, errors: np.ndarray) -> np.ndarray | None:
    stated = release.metrics.test.confusion_matrix
    if stated is None or np.shape(stated) != errors.shape:
        return None
    counts = np.array(stated).sum(axis=1)
    return counts if counts.sum() == release.metrics.test.count and (counts >= errors.sum(axis=1)).all() else None
