"""One training run from the data to a release: what `train.py` does once its options are in order."""

import logging
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl

from model.metrics import Metrics
from model.network import NetworkConfig
from training.data.cifar10 import load_cifar10, split_validation
from training.data.datamodule import Cifar10DataModule
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.machine import check_accelerator, check_disk_space, environment, keep_freed_memory, trains_on_gpu
from training.fitting.module import CifarLitModule
from training.fitting.precision import chosen_precision
from training.fitting.run_folder import Run, RunFolder, prepare_run
from training.fitting.trainer import fit
from training.options import RunOptions
from training.recipe import Recipe
from training.releasing.checkpoint import CheckpointError, fingerprint, load_checkpoint
from training.releasing.writer import format_table, write_release

logger = logging.getLogger("training")
SEEN_BEFORE = 0.02  # further above the test accuracy than pictures that were never seen could be


def train(options: RunOptions) -> Path | None:
    """Trains (or resumes), evaluates the stored weights, and writes the release into the run's folder.

    Returns the release's folder; None after a range test, and in every process but the first. Raises TrainingError.
    """
    check_accelerator(options.accelerator, options.devices)
    if not trains_on_gpu(options.accelerator):
        keep_freed_memory()
    run = prepare_run(options)
    check_disk_space(run.folder.path)
    data = load_data(options, run.recipe)
    pl.seed_everything(run.recipe.seed)
    precision = chosen_precision(options, run.folder, resumed=run.checkpoint is not None)
    if options.find_lr:
        result = find_lr(data, run.recipe, run.folder.path, options.accelerator, precision)
        report_range_test(result, run.folder)
        return None
    module = fit(run, data, options, precision)
    return release_of(run, module, data) if module.trainer.is_global_zero else None


def load_data(options: RunOptions, recipe: Recipe) -> Cifar10DataModule:
    """CIFAR-10, verified. Raises DataError, also if a batch cannot be shared evenly by the processes asked for."""
    data = Cifar10DataModule(*load_cifar10(options.data_dir), recipe, NetworkConfig().mean)
    data.batches.share_with(options.processes, rank=0)
    return data


def release_of(run: Run, module: CifarLitModule, data: Cifar10DataModule) -> Path:
    """Writes the release of a run that has come to its end, tells its figures, and returns its folder."""
    about = {"training_images": len(data.train), "seconds": round(module.fit_seconds, 1)}
    known = about | run.folder.load_environment()
    metrics = write_release(run.folder, module.network, run.recipe, data.whole_train, data.validation, data.test, known)
    logger.info("%s\nRelease: %s", format_table(metrics), run.folder.release)
    return run.folder.release


def judge_checkpoint(options: RunOptions) -> Path:
    """Makes a release of weights that were trained elsewhere, judged on the data like trained ones; returns its folder.

    Raises TrainingError, before anything is written if the weights do not fit.
    """
    assert options.from_checkpoint is not None
    recipe = Recipe(**options.changes)
    folder = RunFolder.new(options.out)
    check_disk_space(folder.path)
    train_images, test_images = load_cifar10(options.data_dir)
    _, validation_images = split_validation(train_images, recipe.validation_images, recipe.seed)
    config = normalised(NetworkConfig(), options.mean, options.std)
    network = load_checkpoint(options.from_checkpoint, config)
    folder.create()
    known = {
        "checkpoint": {"file": options.from_checkpoint.name, "sha256": fingerprint(options.from_checkpoint)},
        "recipe": {"validation_images": recipe.validation_images, "seed": recipe.seed},
        **environment("32-true", on_gpu=False),
    }
    metrics = write_release(folder, network, None, train_images, validation_images, test_images, known)
    logger.info("%s\n%sRelease: %s", format_table(metrics), doubts(metrics), folder.release)
    return folder.release


def normalised(config: NetworkConfig, mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> NetworkConfig:
    """The configuration with another mean or std. Raises CheckpointError if pixels in [0, 1] cannot have it."""
    for name, value in (("mean", mean), ("std", std)):
        if value and (not all(0 <= each <= 1 for each in value) or (name == "std" and min(value) == 0)):
            stated = " ".join(f"{each:g}" for each in value)
            raise CheckpointError(
                f"--{name} must be three numbers in [0, 1]{' above 0' if name == 'std' else ''}, got {stated}; "
                "of pixels from 0 to 255, divide it by 255."
            )
    red, green, blue = mean or config.mean
    spreads = std or config.std
    return replace(config, mean=(red, green, blue), std=(spreads[0], spreads[1], spreads[2]))


def doubts(metrics: Metrics) -> str:
    """What in the figures of weights from elsewhere suggests that they were judged wrongly; a line each."""
    test, lines = metrics.test, ""
    chance = 1 / len(test.class_accuracy or (0, 0))
    if test.accuracy < min(0.5, 2 * chance):
        lines += (
            "That is little more than chance: was it trained on other pictures, in another order of the classes, or\n"
        )
        lines += "normalised by another --mean and --std?\n"
    if metrics.validation and metrics.validation.accuracy - test.accuracy > SEEN_BEFORE:
        lines += (
            "It does much better on the pictures held out here than on the test pictures, so it was probably trained\n"
        )
        lines += "on them. Its temperature is then too low; --validation-images 0 leaves the confidences as they are.\n"
    return lines


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.range_test_plot)
