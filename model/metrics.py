"""What `metrics.json` says, as frozen dataclasses. This is the only file that knows its fields.

A release is data from elsewhere, and older ones say less. `test` is required; all else is None where a release lacks
it, or says something that this code cannot read. The latter is logged, and stays when the document is written again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from model.json_fields import (
    FieldError,
    JsonObject,
    anything,
    count,
    list_of,
    mapping_of,
    not_negative,
    number,
    number_or_nan,
    plain,
    share,
    text,
    wrong,
)

logger = logging.getLogger(__name__)
METRICS = "metrics.json"

Interval = tuple[float, float]  # a mean, and the half-width of its 95% confidence interval: NaN for a single image


class MetricsError(ValueError):
    """A field of `metrics.json` is missing or wrong; the message names it."""


@dataclass(frozen=True)
class SplitFigures:
    """How the stored weights do on one split. Shares and calibration errors in [0, 1], losses in nats; the latter two
    are NaN for a network that diverged.

    Rows of the confusion matrix are true classes, columns predicted ones.
    """

    count: int
    errors: int
    accuracy: float
    loss: float | None = None
    ece: float | None = None
    loss_at_temperature_1: float | None = None
    ece_at_temperature_1: float | None = None
    class_accuracy: tuple[float, ...] | None = None
    confusion_matrix: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True)
class FurtherFigures:
    """Accuracies on the test images, in [0, 1], that are reported beside the usual one."""

    accuracy_flip_tta: float | None = None
    accuracy_without_rejected_labels: float | None = None
    rejected_labels: int | None = None


@dataclass(frozen=True)
class Rate:
    """A share of some images, in [0, 1], and how many images they were."""

    rate: float
    count: int


@dataclass(frozen=True)
class WarningFigures:
    """The warning that an image shows none of the classes: given where `score` is below `threshold`.

    `false_alarms`: how often it is given for test images. `auroc_on_made_outliers`: in [0, 1], by score and kind of
    outlier. `detections`: how often it is given for images of other things, by what they show.
    """

    score: str
    threshold: float
    false_alarms: Rate
    auroc_on_made_outliers: Mapping[str, Mapping[str, float]] | None = None
    detections: Mapping[str, Rate] | None = None


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
    methods: Mapping[str, MethodFaithfulness]


@dataclass(frozen=True)
class MethodStrength:
    """By stage, what the strongest cell of one method's maps seldom exceeds, in the method's unit."""

    count: int | None
    stages: Mapping[str, float]


@dataclass(frozen=True)
class StrengthFigures:
    """How strong each method's maps usually are: the `quantile` of their strongest cells."""

    quantile: float | None
    methods: Mapping[str, MethodStrength]


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
    precision: str | None = None
    out_of_distribution: WarningFigures | None = None
    faithfulness: FaithfulnessFigures | None = None
    map_strength: StrengthFigures | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

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
    found = JsonObject(document, "", problems)
    return Metrics(
        test=found.required("test", found.within(_read_split)),
        validation=found.optional("validation", found.within(_read_split)),
        further_test_figures=found.optional("further_test_figures", found.within(_read_further)),
        preset=found.optional("preset", text),
        recipe=found.optional("recipe", mapping_of(anything)),
        seed=found.optional("seed", count),
        training_images=found.optional("training_images", count),
        seconds=found.optional("seconds", number),
        git_commit=found.optional("git_commit", text),
        python=found.optional("python", text),
        versions=found.optional("versions", mapping_of(text)),
        hardware=found.optional("hardware", text),
        processes=found.optional("processes", count),
        precision=found.optional("precision", text),
        out_of_distribution=found.optional("out_of_distribution", found.within(_read_warning)),
        faithfulness=found.optional("faithfulness", found.within(_read_faithfulness)),
        map_strength=found.optional("map_strength", found.within(_read_strength)),
        source=document,
    )


def _read_split(found: JsonObject) -> SplitFigures:
    return SplitFigures(
        count=found.required("count", count),
        errors=found.required("errors", count),
        accuracy=found.required("accuracy", share),
        loss=found.optional("loss", number_or_nan),
        ece=found.optional("ece", number_or_nan),
        loss_at_temperature_1=found.optional("loss_at_temperature_1", number_or_nan),
        ece_at_temperature_1=found.optional("ece_at_temperature_1", number_or_nan),
        class_accuracy=found.optional("class_accuracy", list_of(share)),
        confusion_matrix=found.optional("confusion_matrix", list_of(list_of(count))),
    )


def _read_further(found: JsonObject) -> FurtherFigures:
    return FurtherFigures(
        accuracy_flip_tta=found.optional("accuracy_flip_tta", share),
        accuracy_without_rejected_labels=found.optional("accuracy_without_rejected_labels", share),
        rejected_labels=found.optional("rejected_labels", count),
    )


def _read_warning(found: JsonObject) -> WarningFigures:
    detections = found.required("detections", mapping_of(_rate)) if "detections" in found.values else None
    return WarningFigures(
        score=found.required("score", text),
        threshold=found.required("threshold", number),
        false_alarms=found.required("false_alarms", _rate),
        auroc_on_made_outliers=found.optional("auroc_on_made_outliers", mapping_of(mapping_of(share))),
        detections=detections,
    )


def _read_faithfulness(found: JsonObject) -> FaithfulnessFigures:
    return FaithfulnessFigures(
        count=found.required("count", count),
        stage=found.optional("stage", text),
        methods=found.required("methods", found.entries_of(found.within(_read_method_faithfulness))),
    )


def _read_method_faithfulness(found: JsonObject) -> MethodFaithfulness:
    return MethodFaithfulness(
        deletion=found.required("deletion", _interval),
        insertion=found.required("insertion", _interval),
        road=found.required("road", _interval),
        deletion_curve=found.optional("deletion_curve", list_of(number)),
        insertion_curve=found.optional("insertion_curve", list_of(number)),
    )


def _read_strength(found: JsonObject) -> StrengthFigures:
    return StrengthFigures(
        quantile=found.optional("quantile", share),
        methods=found.required("methods", found.entries_of(found.within(_read_method_strength))),
    )


def _read_method_strength(found: JsonObject) -> MethodStrength:
    return MethodStrength(
        count=found.optional("count", count), stages=found.required("stages", found.entries_of(not_negative))
    )


def _interval(value: object, path: str) -> Interval:
    if not isinstance(value, list) or len(value) != 2:
        raise wrong(path, "a mean and a half-width", value)
    mean, half_width = value
    return number(mean, f"{path}[0]"), number_or_nan(half_width, f"{path}[1]")


def _rate(value: object, path: str) -> Rate:
    found = JsonObject(value, path, [])
    if set(found.values) - {"rate", "count"}:
        raise wrong(path, "a rate and a count", dict(found.values))
    return Rate(found.required("rate", share), found.required("count", count))
