"""The pictures in a release: training curves, confusion matrix, reliability diagram, contact sheet of the errors."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.samples import Misclassified
from training.judging.calibration import Reliability

Curve = tuple[list[float], list[float]]
CONTACT_SHEET_ERRORS = 40
MOST_NUMBERED, LARGEST_INCHES = 30, 30.0  # of a confusion matrix: classes with a number in each cell, and its side


def read_curves(metrics_csvs: list[Path]) -> dict[str, Curve]:
    """(steps, values) by the name of what was logged, from Lightning's CSV logs, oldest first.

    A resumed run repeats the steps since its last checkpoint; the later value of a step counts.
    """
    values: dict[str, dict[float, float]] = defaultdict(dict)
    for path in metrics_csvs:
        with path.open() as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if name not in ("step", "epoch") and value:
                        values[name][float(row["step"])] = float(value)
    return {name: (sorted(each), [each[step] for step in sorted(each)]) for name, each in values.items()}


def training_curves(curves: dict[str, Curve]) -> Figure:
    """Loss, accuracy and learning rate over the epochs of training."""
    # The training loss is logged with the last step of every epoch, counted from 0.
    ends = curves["train/loss"][0] if "train/loss" in curves else [0.0]
    steps_per_epoch = ends[0] + 1
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    axes = figure.subplots(1, 3)
    for axis, title, names in (
        (axes[0], "loss (nats)", ("train/loss", "val/loss")),
        (axes[1], "accuracy", ("train/accuracy", "val/accuracy")),
        (axes[2], "learning rate", tuple(name for name in curves if name.startswith("lr-") and "fc" not in name)),
    ):
        for name in names:
            if name in curves:
                steps, values = curves[name]
                epochs = [(step + 1) / steps_per_epoch for step in steps]
                axis.plot(epochs, values, marker="." if len(steps) < 100 else "", label=name)
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        if len(axis.lines) > 1:
            axis.legend()
    axes[0].annotate(
        "training loss includes label smoothing and augmentation", (0.02, 0.02), xycoords="axes fraction", fontsize=7
    )
    return figure


def confusion_figure(confusion: np.ndarray, class_names: tuple[str, ...]) -> Figure:
    """Test pictures by true class (row) and predicted class (column); colours show the errors only."""
    classes = len(class_names)
    side = min(LARGEST_INCHES, max(7.5, 0.25 * classes))
    figure = Figure(figsize=(side, side - 0.7), layout="constrained")
    axis = figure.subplots()
    errors = confusion.astype(float)
    np.fill_diagonal(errors, np.nan)
    image = axis.imshow(errors, cmap="magma")
    bright = np.nanmax(errors) * 0.6
    for row, column in np.ndindex(*confusion.shape) if classes <= MOST_NUMBERED else ():
        diagonal = row == column
        dark_text = diagonal or confusion[row, column] > bright
        colour = "black" if dark_text else "white"
        axis.text(column, row, str(confusion[row, column]), ha="center", va="center", fontsize=8, color=colour)
    ticks = range(classes)
    axis.set_xticks(ticks, class_names, rotation=45, ha="right")
    axis.set_yticks(ticks, class_names)
    axis.set(xlabel="predicted", ylabel="true", title="Test pictures; white diagonal: right")
    figure.colorbar(image, label="errors")
    return figure


def reliability_figure(before: Reliability, after: Reliability, temperature: float) -> Figure:
    """Accuracy against confidence on the test pictures, before and after temperature scaling."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    titles = ("temperature 1", f"temperature {temperature:.3f}, fitted on validation")
    for axis, each, title in zip(figure.subplots(1, 2, sharey=True), (before, after), titles, strict=True):
        _reliability_axis(axis, each, f"{title}\nECE {each.ece:.2%}")
    return figure


def _reliability_axis(axis: Axes, each: Reliability, title: str) -> None:
    filled = each.counts > 0
    axis.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    axis.bar(each.confidences[filled], each.accuracies[filled], width=1 / len(each.counts), alpha=0.4, edgecolor="C0")
    axis.plot(each.confidences[filled], each.accuracies[filled], marker="o")
    axis.set(title=title, xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))


def contact_sheet(samples: Misclassified, class_names: tuple[str, ...]) -> Figure:
    """The most confident errors, each with its true and its predicted class."""
    order = np.argsort(-samples.confidences, kind="stable")[:CONTACT_SHEET_ERRORS]
    columns = 8
    rows = max(1, -(-len(order) // columns))
    figure = Figure(figsize=(columns * 1.45, rows * 1.75), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, row in zip(axes.flat, order, strict=False):
        axis.imshow(samples.images[row], interpolation="nearest")
        predicted, true = class_names[samples.predictions[row]], class_names[samples.labels[row]]
        axis.set_title(f"{predicted} {samples.confidences[row]:.0%}\nlabel: {true}", fontsize=8)
    return figure
