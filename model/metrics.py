"""What `metrics.json` says, as frozen dataclasses. This is the only file that knows its fields.

A release is data from elsewhere, and older ones say less. `test` is required; all else is None where a release lacks
it, or says something that cannot be read. The latter is logged, and stays when the document is written again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any

from model.files.json_fields import (
    ALL_OR_NOTHING,
    EACH_ALONE,
    FieldError,
    JsonObject,
    not_negative,
    number,
    number_or_nan,
    plain,
    read_as,
    share,
    wrong,
)

logger = logging.getLogger(__name__)
METRICS = "metrics.json"

Share = Annotated[float, share]
NumberOrNan = Annotated[float, number_or_nan]


class MetricsError(ValueError):
    """A field of `metrics.json` is missing or wrong; the message names it."""


def _interval(value: object, path: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise wrong(path, "a mean and a half-width", value)
    mean, half_width = value
    return number(mean, f"{path}[0]"), number_or_nan(half_width, f"{path}[1]")


def _rate(value: object, path: str) -> "Rate":
    found = JsonObject(value, path, [])
    if set(found.values) - {"rate", "count"}:
        raise wrong(path, "a rate and a count", dict(found.values))
    return read_as(Rate)(found)


# A mean, and the half-width of its 95% confidence interval: NaN for a single image.
Interval = Annotated[tuple[float, float], _interval]


@dataclass(frozen=True)
class SplitFigures:
    """How the stored weights do on one split. Shares and calibration errors in [0, 1], losses in nats; the latter two
    are NaN for a network that diverged.

    Rows of the confusion matrix are true classes, columns predicted ones.
    """

    count: int
    errors: int
    accuracy: Share
    loss: NumberOrNan | None = None
    ece: NumberOrNan | None = None
    loss_at_temperature_1: NumberOrNan | None = None
    ece_at_temperature_1: NumberOrNan | None = None
    class_accuracy: tuple[Share, ...] | None = None
    confusion_matrix: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True)
class FurtherFigures:
    """Accuracies on the test images, in [0, 1], that are reported beside the usual one."""

    accuracy_flip_tta: Share | None = None
    accuracy_without_rejected_labels: Share | None = None
    rejected_labels: int | None = None


@dataclass(frozen=True)
class Rate:
    """A share of some images, in [0, 1], and how many images they were."""

    rate: Share
    count: int


StrictRate = Annotated[Rate, _rate]  # one that says more than is known is not half understood


@dataclass(frozen=True)
class WarningFigures:
    """The warning that an image shows none of the classes: given where `score` is below `threshold`.

    `false_alarms`: how often it is given for test images. `auroc_on_made_outliers`: in [0, 1], by score and kind of
    outlier. `detections`: how often it is given for images of other things, by what they show.
    """

    score: str
    threshold: float
    false_alarms: StrictRate
    auroc_on_made_outliers: Mapping[str, Mapping[str, Share]] | None = None
    detections: Annotated[Mapping[str, StrictRate] | None, ALL_OR_NOTHING] = None


@dataclass(frozen=True)
class MethodFaithfulness:
    """One method's scores: means over images, each with the half-width of its 95% confidence interval.

    `deletion`: the mean probability while cells vanish, most important first, in [0, 1]; lower is better. `insertion`:
    while they appear; higher is better. `road`: how much more is left without the least important cells than without
    the most important ones, in [-1, 1]; higher is better, 0 is chance. The curves hold the mean probability after 0 to
    16 cells.
    """

    deletion: Interval
    insertion: Interval
    road: Interval
    deletion_curve: tuple[float, ...] | None = None
    insertion_curve: tuple[float, ...] | None = None


@dataclass(frozen=True)
class FaithfulnessFigures:
    """How faithful each method's maps at `stage` are, on `count` test images."""

    count: int
    stage: str | None
    methods: Annotated[Mapping[str, MethodFaithfulness], EACH_ALONE]


@dataclass(frozen=True)
class MethodStrength:
    """By stage, what the strongest cell of one method's maps seldom exceeds, in the method's unit."""

    count: int | None
    stages: Annotated[Mapping[str, Annotated[float, not_negative]], EACH_ALONE]


@dataclass(frozen=True)
class StrengthFigures:
    """How strong each method's maps usually are: the `quantile` of their strongest cells."""

    quantile: Share | None
    methods: Annotated[Mapping[str, MethodStrength], EACH_ALONE]


@dataclass(frozen=True)
class SumErrors:
    """The largest errors of sums of evidence, relative to the largest magnitude of an image's logits.

    `logits` and `margins` are the ledgers', whichever way they credit; `balance` is that of the predicted class's score
    at the pixels and every stage.
    """

    logits: float
    margins: float
    balance: float


@dataclass(frozen=True)
class MapCheckFigures:
    """What the checks of single maps found on `count` images, by method where methods differ; the slow methods saw only
    as many as `slow_counts` says, where they saw any.

    `pointing`: on mosaics of four images, how often the map of a class is largest in its quarter, in [0, 1]; chance is
    0.25. `another_class`: mean rank correlation of the predicted class's map with another one's. `randomised`: with the
    map of a network of which one more part is random each time, on `randomised_count` images; `random_band`: mean and
    standard deviation between the maps of random networks.
    """

    count: int
    randomised_count: int
    slow_counts: Mapping[str, int]
    sums: SumErrors
    pointing: Mapping[str, Share]
    another_class: Mapping[str, float]
    randomised: Mapping[str, tuple[float, ...]]
    random_band: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class ErasedFigures:
    """`correlation`: of the changes that the ledger predicts of an image's sixteen cells, each erased alone, with those
    measured. `falls`, `changes`: how often the predicted class's score fell, its mean change in logits, by cells."""

    correlation: Interval
    falls: Mapping[str, Share]
    changes: Mapping[str, float]


@dataclass(frozen=True)
class ErasingFigures:
    """How well the ledger predicts what erasing cells does, on `count` test images, by what fills them."""

    count: int
    fills: Mapping[str, ErasedFigures]


CIFAR10, EXCERPT, OWN = "cifar-10", "excerpt", "own"


@dataclass(frozen=True)
class DataFigures:
    """What the network was trained and judged on. `kind`: CIFAR-10, an excerpt of it, or the trainer's own classes;
    `name`: what that is called. `test_share`: of each class, if no pictures were marked as test pictures."""

    kind: str
    name: str
    test_share: Share | None = None


@dataclass(frozen=True)
class CheckpointFigures:
    """The file that the weights were taken from, if this project did not train them: its name and SHA-256."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Metrics:
    """All of `metrics.json`; `source` is the document that was read. `recipe` holds the fields of a training recipe."""

    test: SplitFigures
    validation: SplitFigures | None = None
    further_test_figures: FurtherFigures | None = None
    preset: str | None = None
    recipe: Mapping[str, Any] | None = None
    seed: int | None = None
    training_images: int | None = None
    seconds: float | None = None
    git_commit: str | None = None
    python: str | None = None
    versions: Mapping[str, str] | None = None
    hardware: str | None = None
    processes: int | None = None
    data: DataFigures | None = None
    checkpoint: CheckpointFigures | None = None
    precision: str | None = None
    out_of_distribution: WarningFigures | None = None
    faithfulness: FaithfulnessFigures | None = None
    map_strength: StrengthFigures | None = None
    map_checks: MapCheckFigures | None = None
    erasing: ErasingFigures | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def test_pictures(self) -> str:
        """The test images in words: "CIFAR-10's 10,000 test pictures"."""
        count = f"{self.test.count:,} test pictures"
        if self.data and self.data.kind == EXCERPT:
            return f"the {count} in an excerpt of {self.data.name}"
        if self.data and self.data.kind == OWN:
            return f"the {count} of {self.data.name}"
        return f"CIFAR-10's {count}"

    @property
    def pictures(self) -> str:
        """The images that the network was trained on, in words."""
        data = self.data or DataFigures(CIFAR10, "CIFAR-10")
        return f"the pictures of {data.name}" if data.kind == OWN else f"{data.name}'s pictures"

    def usual_strength(self, method: str, stage: str) -> float:
        """What the strongest cell of the predicted class's map seldom exceeds (one image in twenty), in the method's
        unit; 0 if the release does not say."""
        found = self.map_strength.methods.get(method) if self.map_strength else None
        return found.stages.get(stage, 0.0) if found else 0.0

    def document(self) -> dict[str, Any]:
        """What is written into `metrics.json`. Whatever has not changed since it was read is written as it stood."""
        before = _read_metrics(self.source, []) if self.source else None
        document = dict(self.source)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "source" or (before and value == getattr(before, each.name)):
                continue
            document.pop(each.name, None)
            if value is not None:
                document[each.name] = plain(value)
        return document


def parse_metrics(document: Mapping[str, Any]) -> Metrics:
    """The metrics in a document. Raises MetricsError if `test` is missing or wrong; logs what else cannot be read."""
    problems: list[FieldError] = []
    try:
        metrics = _read_metrics(document, problems)
    except FieldError as error:
        raise MetricsError(f"{METRICS}: {error}") from error
    for problem in problems:
        logger.warning("Figures of the release could not be read. %s: %s", METRICS, problem)
    return metrics


def _read_metrics(document: Mapping[str, Any], problems: list[FieldError]) -> Metrics:
    return replace(read_as(Metrics)(JsonObject(document, "", problems)), source=document)
