"""From a trained network to a release folder, whose figures are those of the weights as they are stored."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.files.replacing import replaced
from model.metrics import Metrics, parse_metrics
from model.network import CifarResNet, NetworkConfig
from model.release import load_network, save_metrics, save_weights, seal
from model.samples import Misclassified, save_misclassified
from training.data.split import Split
from training.fitting.run_folder import RunFolder
from training.judging.calibration import Reliability, fit_temperature, reliability, softmax
from training.judging.evaluation import figures_of, further_figures, logits_of, misclassified_of
from training.judging.explanations.strength import map_strength
from training.judging.warning import calibrate
from training.presets import preset_of
from training.recipe import Recipe
from training.releasing.card import write_card
from training.releasing.card_text import FIGURES
from training.releasing.figures import confusion_figure, contact_sheet, read_curves, reliability_figure, training_curves
from training.releasing.tables import write_tables

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """What the stored weights do on the held-out pictures, and the configuration that includes their temperature."""

    config: NetworkConfig
    metrics: Metrics
    misclassified: Misclassified
    before_scaling: Reliability
    after_scaling: Reliability


def write_release(
    folder: RunFolder,
    network: CifarResNet,
    recipe: Recipe | None,
    train: Split,
    validation: Split,
    test: Split,
    known: Mapping[str, Any],
) -> Metrics:
    """Writes `release/` in the run's folder and returns its metrics.

    The weights are stored first and read back; everything else is computed from what was read. The folder appears whole
    or not at all. `train` holds all training images, the validation images included, in the data set's own order;
    `known` what is known of the run: seconds, number of images that it trained on, environment. None: no recipe of ours
    made the weights.
    """
    with replaced(folder.release, copy=False) as release:
        save_weights(network, release)
        stored = load_network(release, network.config)
        evaluation = evaluate(stored, validation, test)
        about = {"preset": preset_of(recipe), "recipe": asdict(recipe), "seed": recipe.seed} if recipe else {}
        metrics = parse_metrics({**evaluation.metrics.document(), **about, **known})
        save_metrics(metrics, release)
        save_misclassified(evaluation.misclassified, evaluation.config.class_names, release)
        write_tables(release, stored, evaluation.misclassified, train, test)
        write_figures(folder, evaluation, release / FIGURES)
        write_card(metrics, evaluation.config, release)
        seal(evaluation.config, release)
    return metrics


def evaluate(stored: CifarResNet, validation: Split, test: Split) -> Evaluation:
    """Fits the temperature on the validation pictures (1 if there are none), and on them too the warning of pictures of
    other things and how strong maps usually are (neither if there are none); judges on the test pictures."""
    logger.info("Evaluating the stored weights on %d validation and %d test pictures", len(validation), len(test))
    logits, held_out, temperature = logits_of(stored, test), None, 1.0
    if len(validation):
        held_out = logits_of(stored, validation)
        temperature = fit_temperature(held_out, validation.labels)
    metrics = Metrics(
        test=figures_of(logits, test.labels, temperature),
        further_test_figures=further_figures(stored, test, logits),
    )
    if held_out is not None:
        metrics = replace(
            metrics,
            validation=figures_of(held_out, validation.labels, temperature),
            out_of_distribution=calibrate(stored, validation, held_out, logits, temperature),
            map_strength=map_strength(stored, validation.images),
        )
    return Evaluation(
        replace(stored.config, temperature=temperature),
        metrics,
        misclassified_of(test, logits, temperature),
        reliability(softmax(logits, 1.0), test.labels),
        reliability(softmax(logits, temperature), test.labels),
    )


def write_figures(folder: RunFolder, evaluation: Evaluation, target: Path) -> None:
    """The release's charts, and the plot of a range test if the run has one."""
    target.mkdir()
    config = evaluation.config
    charts = {
        "confusion_matrix": confusion_figure(np.array(evaluation.metrics.test.confusion_matrix), config.class_names),
        "reliability": reliability_figure(evaluation.before_scaling, evaluation.after_scaling, config.temperature),
        "contact_sheet": contact_sheet(evaluation.misclassified, config.class_names),
    }
    if curves := read_curves(folder.metrics_csvs):
        charts["training_curves"] = training_curves(curves)
    for name, figure in charts.items():
        figure.savefig(target / f"{name}.png", dpi=110)
    if folder.range_test_plot.exists():
        shutil.copy(folder.range_test_plot, target / folder.range_test_plot.name)


def format_table(metrics: Metrics) -> str:
    """Validation and test figures as a plain-text table."""
    lines = [f"{'':12}{'pictures':>10}{'accuracy':>10}{'loss':>9}{'ECE':>8}"]
    for name, each in (("validation", metrics.validation), ("test", metrics.test)):
        if each:
            lines.append(f"{name:12}{each.count:>10,}{each.accuracy:>10.2%}{each.loss:>9.4f}{each.ece:>8.2%}")
    if further := metrics.further_test_figures:
        lines += [
            f"test, {name}: {accuracy:.2%}"
            for name, accuracy in (
                ("accuracy flip tta", further.accuracy_flip_tta),
                ("accuracy without rejected labels", further.accuracy_without_rejected_labels),
            )
            if accuracy is not None
        ]
    return "\n".join(lines)
