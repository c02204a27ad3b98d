"""Two releases judged on the same test images: which errors one makes and the other does not, and whether the
difference is more than chance explains."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from interpret.choices import ChoiceError
from model.release import Release

LEVEL = 0.05
SMALLEST_STATED = 0.001


@dataclass(frozen=True)
class Comparison:
    """The served release beside another one, on `count` test images.

    Accuracies are shares in [0, 1]; `p_value` is that of the exact McNemar test. Test indices, ascending: `mended` by
    the served release are those that only the other one gets wrong; `broken`, those that only the served one does;
    `both`, those that both get wrong, with the same wrong class or not.
    """

    count: int
    accuracy: float
    other_accuracy: float
    mended: Int[np.ndarray, "mended"]
    broken: Int[np.ndarray, "broken"]
    both: Int[np.ndarray, "both"]
    p_value: float

    def sentence(self, name: str, other_name: str) -> str:
        """What each gets right, where they differ, and whether chance explains it. Names are the identifiers."""
        mended, broken, both = len(self.mended), len(self.broken), len(self.both)
        share, pictures = _accuracy(self.accuracy), _counted(self.count, "test picture")
        if mended == broken:
            right = f"Releases {name} and {other_name} both get {share} of {pictures} right"
        else:
            others = _accuracy(self.other_accuracy)
            right = f"Release {name} gets {share} of {pictures} right, release {other_name} {others}"
        if not mended and not broken:
            same = "the same one wrong" if both == 1 else f"the same {both:,} wrong" if both else "none wrong"
            return f"{right}, and {same}."
        mends = f"{_counted(mended, 'error')} of the second" if mended else "no error of the second"
        makes = f"{broken:,} new {'one' if broken == 1 else 'ones'}" if broken else "no new one"
        shared = f"{both:,} {'is' if both == 1 else 'are'} wrong in both" if both else "none is wrong in both"
        return f"{right}: the first mends {mends} and makes {makes}; {shared}. {self._verdict(name, other_name)}"

    def _verdict(self, name: str, other_name: str) -> str:
        lead = len(self.mended) - len(self.broken)
        if not lead:
            return "Neither is ahead."
        chance = "more" if self.p_value < LEVEL else "no more"
        return (
            f"Release {name if lead > 0 else other_name} is ahead by {_counted(abs(lead), 'picture')}, {chance} than "
            f"chance explains ({_p_value(self.p_value)}, exact McNemar test)."
        )


def compare_releases(served: Release, other: Release) -> Comparison:
    """Compares what the releases store.

    Raises ChoiceError if their classes, the number of their test images, or a test image that both get wrong, its label
    or its pixels, are not the same. Images that one of them gets right cannot be checked: it does not store them.
    """
    _check_same_test(served, other)
    ours, theirs = served.misclassified.test_indices, other.misclassified.test_indices
    mended, broken = np.setdiff1d(theirs, ours), np.setdiff1d(ours, theirs)
    count = served.metrics.test.count
    return Comparison(
        count=count,
        accuracy=(count - len(ours)) / count,
        other_accuracy=(count - len(theirs)) / count,
        mended=mended,
        broken=broken,
        both=np.intersect1d(ours, theirs),
        p_value=mcnemar_exact(len(broken), len(mended)),
    )


def mcnemar_exact(broken: int, mended: int) -> float:
    """The two-sided p-value, in [0, 1]: how probable a split at least as uneven is if each of the images that the
    releases disagree on falls to either side with probability 1/2. 1.0 if there are none.

    McNemar 1947, https://doi.org/10.1007/BF02295996, with the binomial distribution itself, not its chi-squared
    approximation. Whole numbers of any size, divided once: nothing overflows and only the result is rounded.
    """
    discordant = broken + mended
    term = tail = 1  # binomial coefficients, from that of 0 images on
    for chosen in range(min(broken, mended)):
        term = term * (discordant - chosen) // (chosen + 1)
        tail += term
    return min(1.0, 2 * tail / 2**discordant)


def _check_same_test(served: Release, other: Release) -> None:
    refused = f"Releases {served.identifier} and {other.identifier} cannot be compared"
    if served.config.class_names != other.config.class_names:
        raise ChoiceError(f"{refused}: their classes are not the same.")
    counts = served.metrics.test.count, other.metrics.test.count
    if counts[0] != counts[1]:
        raise ChoiceError(f"{refused}: they were judged on {counts[0]:,} and {counts[1]:,} test pictures.")
    ours, theirs = served.misclassified, other.misclassified
    both, rows, other_rows = np.intersect1d(ours.test_indices, theirs.test_indices, return_indices=True)
    differ = ours.labels[rows] != theirs.labels[other_rows]
    differ |= (ours.images[rows] != theirs.images[other_rows]).any(axis=(1, 2, 3))
    if differ.any():
        raise ChoiceError(
            f"{refused}: they were judged on other test pictures, since picture {both[differ][0]} is not the same."
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _accuracy(share: float) -> str:
    """In percent, never rounded up to certainty."""
    return "over 99.99%" if 0.99995 <= share < 1 else f"{share:.2%}"


def _p_value(p_value: float) -> str:
    """With two significant digits, or as many as it takes not to read as the level itself."""
    if p_value < SMALLEST_STATED:
        return f"p < {SMALLEST_STATED}"
    digits = next(digits for digits in range(2, 18) if float(f"{p_value:.{digits}g}") != LEVEL or p_value == LEVEL)
    return f"p = {p_value:.{digits}g}"
