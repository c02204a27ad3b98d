"""From a trained network to a release folder, whose figures are those of the weights as they are stored."""

import logging
import shutil
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from model.network import CifarResNet, NetworkConfig
from model.release import load_network, save_metrics, save_misclassified, save_weights, seal
from training.card import model_card
from training.cifar10 import Split
from training.evaluation import figures_of, fit_temperature, logits_of, misclassified_of, reliability, softmax
from training.figures import confusion_figure, contact_sheet, read_curves, reliability_figure, training_curves
from training.recipe import Recipe
from training.run import RunFolder

logger = logging.getLogger(__name__)


def write_release(
    folder: RunFolder, network: CifarResNet, recipe: Recipe, validation: Split, test: Split, training: dict[str, Any]
) -> dict[str, Any]:
    """Writes `release/` in the run's folder and returns its metrics.

    The weights are stored first and read back; everything else is computed from what was read. The temperature comes
    from the validation pictures (it stays 1 if there are none). The folder appears whole or not at all. `training`
    holds what is known of the run: seconds, number of training images, environment.
    """
    partial = folder.path / "release.partial"
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "figures").mkdir(parents=True)
    save_weights(network, partial)
    stored = load_network(partial, network.config)
    logger.info("Evaluating the stored weights on %d validation and %d test pictures", len(validation), len(test))
    validation_logits = logits_of(stored, validation) if len(validation) else None
    temperature = fit_temperature(validation_logits, validation.labels) if validation_logits is not None else 1.0
    config = replace(network.config, temperature=temperature)
    test_logits = logits_of(stored, test)
    metrics = {
        "test": figures_of(test_logits, test.labels, temperature),
        **(
            {"validation": figures_of(validation_logits, validation.labels, temperature)}
            if validation_logits is not None
            else {}
        ),
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        **training,
    }
    misclassified = misclassified_of(test, test_logits, temperature)
    save_metrics(metrics, partial)
    save_misclassified(misclassified, config.class_names, partial)
    for name, figure in draw_figures(folder, metrics, test, test_logits, config).items():
        figure.savefig(partial / "figures" / f"{name}.png", dpi=110)
    contact_sheet(misclassified, config.class_names).savefig(partial / "figures" / "contact_sheet.png", dpi=110)
    if folder.range_test_plot.exists():
        shutil.copy(folder.range_test_plot, partial / "figures" / folder.range_test_plot.name)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    (partial / "README.md").write_text(model_card(metrics, config, parameters))
    seal(config, partial)
    shutil.rmtree(folder.release, ignore_errors=True)
    partial.rename(folder.release)
    return metrics


def draw_figures(
    folder: RunFolder, metrics: dict[str, Any], test: Split, test_logits: np.ndarray, config: NetworkConfig
) -> dict[str, Figure]:
    """The release's charts by file name."""
    before, after = (reliability(softmax(test_logits, each), test.labels) for each in (1.0, config.temperature))
    return {
        "training_curves": training_curves(read_curves(folder.metrics_csvs)),
        "confusion_matrix": confusion_figure(np.array(metrics["test"]["confusion_matrix"]), config.class_names),
        "reliability": reliability_figure(before, after, config.temperature),
    }


def format_table(metrics: dict[str, Any]) -> str:
    """Validation and test figures as a plain-text table."""
    lines = [f"{'':12}{'pictures':>10}{'accuracy':>10}{'loss':>9}{'ECE':>8}"]
    for name in ("validation", "test"):
        if each := metrics.get(name):
            lines.append(
                f"{name:12}{each['count']:>10,}{each['accuracy']:>10.2%}{each['loss']:>9.4f}{each['ece']:>8.2%}"
            )
    return "\n".join(lines)
