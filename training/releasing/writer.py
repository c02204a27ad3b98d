"""From a trained network to a release folder, whose figures are those of the weights as they are stored."""

import logging
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from interpret.out_of_distribution import METRICS_KEY as WARNING_KEY
from interpret.strength import METRICS_KEY as STRENGTH_KEY
from model.network import CifarResNet, NetworkConfig
from model.release import Misclassified, load_network, save_metrics, save_misclassified, save_weights, seal
from training.data.cifar10 import Split
from training.fitting.run_folder import RunFolder
from training.judging.evaluation import (
    Reliability,
    figures_of,
    fit_temperature,
    further_figures,
    logits_of,
    misclassified_of,
    reliability,
    softmax,
)
from training.judging.strength import map_strength
from training.judging.warning import calibrate
from training.presets import preset_of
from training.recipe import Recipe
from training.releasing.card import FIGURES, write_card
from training.releasing.figures import confusion_figure, contact_sheet, read_curves, reliability_figure, training_curves

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """What the stored weights do on the held-out pictures, and the configuration that includes their temperature."""

    config: NetworkConfig
    figures: dict[str, Any]
    misclassified: Misclassified
    before_scaling: Reliability
    after_scaling: Reliability


def write_release(
    folder: RunFolder, network: CifarResNet, recipe: Recipe, validation: Split, test: Split, training: dict[str, Any]
) -> dict[str, Any]:
    """Writes `release/` in the run's folder and returns its metrics.

    The weights are stored first and read back; everything else is computed from what was read. The folder appears whole
    or not at all. `training` holds what is known of the run: seconds, number of training images, environment.
    """
    partial = folder.path / "release.partial"
    shutil.rmtree(partial, ignore_errors=True)
    (partial / FIGURES).mkdir(parents=True)
    save_weights(network, partial)
    evaluation = evaluate(load_network(partial, network.config), validation, test)
    about = {"preset": preset_of(recipe), "recipe": asdict(recipe), "seed": recipe.seed}
    metrics = {**evaluation.figures, **about, **training}
    save_metrics(metrics, partial)
    save_misclassified(evaluation.misclassified, evaluation.config.class_names, partial)
    write_figures(folder, evaluation, partial / FIGURES)
    write_card(metrics, evaluation.config, partial)
    seal(evaluation.config, partial)
    shutil.rmtree(folder.release, ignore_errors=True)
    partial.rename(folder.release)
    return metrics


def evaluate(stored: CifarResNet, validation: Split, test: Split) -> Evaluation:
    """Fits the temperature on the validation pictures (1 if there are none), and on them too the warning of pictures of
    other things and how strong maps usually are (neither if there are none); judges on the test pictures."""
    logger.info("Evaluating the stored weights on %d validation and %d test pictures", len(validation), len(test))
    temperature, figures = 1.0, {}
    logits = logits_of(stored, test)
    if len(validation):
        held_out = logits_of(stored, validation)
        temperature = fit_temperature(held_out, validation.labels)
        figures["validation"] = figures_of(held_out, validation.labels, temperature)
        figures[WARNING_KEY] = calibrate(stored, validation, held_out, logits, temperature)
        figures[STRENGTH_KEY] = map_strength(stored, validation.images)
    figures["test"] = figures_of(logits, test.labels, temperature)
    figures["further_test_figures"] = further_figures(stored, test, logits)
    return Evaluation(
        replace(stored.config, temperature=temperature),
        figures,
        misclassified_of(test, logits, temperature),
        reliability(softmax(logits, 1.0), test.labels),
        reliability(softmax(logits, temperature), test.labels),
    )


def write_figures(folder: RunFolder, evaluation: Evaluation, target: Path) -> None:
    """The release's charts, and the plot of a range test if the run has one."""
    config = evaluation.config
    charts = {
        "training_curves": training_curves(read_curves(folder.metrics_csvs)),
        "confusion_matrix": confusion_figure(
            np.array(evaluation.figures["test"]["confusion_matrix"]), config.class_names
        ),
        "reliability": reliability_figure(evaluation.before_scaling, evaluation.after_scaling, config.temperature),
        "contact_sheet": contact_sheet(evaluation.misclassified, config.class_names),
    }
    for name, figure in charts.items():
        figure.savefig(target / f"{name}.png", dpi=110)
    if folder.range_test_plot.exists():
        shutil.copy(folder.range_test_plot, target / folder.range_test_plot.name)


def format_table(metrics: dict[str, Any]) -> str:
    """Validation and test figures as a plain-text table."""
    further = metrics.get("further_test_figures", {})
    lines = [f"{'':12}{'pictures':>10}{'accuracy':>10}{'loss':>9}{'ECE':>8}"]
    for name in ("validation", "test"):
        if each := metrics.get(name):
            lines.append(
                f"{name:12}{each['count']:>10,}{each['accuracy']:>10.2%}{each['loss']:>9.4f}{each['ece']:>8.2%}"
            )
    lines += [
        f"test, {name.replace('_', ' ')}: {value:.2%}" for name, value in further.items() if name.startswith("acc")
    ]
    return "\n".join(lines)
