"""Choosing among the test images that the network gets wrong."""

import numpy as np
from jaxtyping import Int

from interpret.choices import check_name, check_whole
from model.samples import Misclassified

ANY = "any"


def select_errors(
    samples: Misclassified,
    class_names: tuple[str, ...],
    count: int | float,
    true_label: str = ANY,
    predicted_label: str = ANY,
) -> tuple[Int[np.ndarray, "chosen"], int]:
    """Row numbers of at most `count` errors, most confident first, and how many there are of that kind in all.

    Raises ChoiceError for an unknown label, or a count outside 1 and the number of all errors.
    """
    count = check_whole("count", count, 1, max(1, len(samples)))
    chosen = np.ones(len(samples), dtype=bool)
    for what, name, values in (
        ("true label", true_label, samples.labels),
        ("predicted label", predicted_label, samples.predictions),
    ):
        if check_name(what, name, (ANY, *class_names)) != ANY:
            chosen &= values == class_names.index(name)
    rows = np.flatnonzero(chosen)
    by_confidence = rows[np.argsort(-samples.confidences[rows], kind="stable")]
    return by_confidence[:count], len(rows)
