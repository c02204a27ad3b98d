"""One training run from the data to a release: what `train.py` does once its options are in order."""

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from model.files.json_fields import plain
from model.files.sealed import sha256_of
from model.metrics import Metrics, SplitFigures
from model.network import NetworkConfig
from training.data.datamodule import Cifar10DataModule
from training.data.dataset import DataSet, load_data_set
from training.data.split import split_validation
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.machine import check_accelerator, check_disk_space, environment, keep_freed_memory, trains_on_gpu
from training.fitting.module import CifarLitModule
from training.fitting.precision import chosen_precision
from training.fitting.run_folder import ResumeError, Run, RunFolder, prepare_run
from training.fitting.trainer import fit
from training.options import RunOptions
from training.recipe import Recipe
from training.releasing.checkpoint import CheckpointError, load_checkpoint
from training.releasing.writer import format_table, write_release

logger = logging.getLogger("training")
LEAST_STEPS, LEAST_BATCH = 4, 32  # in an epoch of small data; a step costs much the same however small its batch is
SEEN_BEFORE, NOISES = 0.02, 2.5  # further above the test accuracy than pictures that were never seen would be


def train(options: RunOptions) -> Path | None:
    """Trains (or resumes), evaluates the stored weights, and writes the release into the run's folder.

    Returns the release's folder; None after a range test, and in every process but the first. Raises TrainingError.
    """
    check_accelerator(options.accelerator, options.devices)
    if not trains_on_gpu(options.accelerator):
        keep_freed_memory()
    run = prepare_run(options)
    check_disk_space(run.folder.path)
    data_set = load_data_set(options.data_dir)
    if run.checkpoint is None:
        run = replace(run, recipe=fitted_to(data_set, run.recipe, options.changes))
    else:
        check_same_data(run.folder, data_set)
    data = batches_of(data_set, options, run.recipe)
    pl.seed_everything(run.recipe.seed)
    precision = chosen_precision(options, run.folder, resumed=run.checkpoint is not None)
    if options.find_lr:
        result = find_lr(
            data, run.recipe, run.folder.path, options.accelerator, precision, config=data_set.config
        )  # fmt: skip
        report_range_test(result, run.folder)
        return None
    module = fit(run, data, options, precision, data_set)
    return release_of(run, module, data) if module.trainer.is_global_zero else None


def batches_of(data_set: DataSet, options: RunOptions, recipe: Recipe) -> Cifar10DataModule:
    """The data in batches. Raises DataError, also if a batch cannot be shared evenly by the processes asked for."""
    data = Cifar10DataModule(data_set.train, data_set.test, recipe, data_set.config.mean)
    data.batches.share_with(options.processes, rank=0)
    return data


def fitted_to(data_set: DataSet, recipe: Recipe, given: Mapping[str, Any]) -> Recipe:
    """The recipe with defaults that suit data smaller than CIFAR-10: a tenth is held out, and an epoch has four batches
    at least if these are not too small. What was `given` stays."""
    if data_set.is_whole_cifar10:
        return recipe
    fitting: dict[str, Any] = {}
    count = len(data_set.train)
    held_out = recipe.validation_images
    if "validation_images" not in given and held_out > count // 10:
        fitting["validation_images"] = held_out = count // 10
    if "batch_size" not in given:
        batch_size = recipe.batch_size
        while batch_size > max(1, count - held_out) or batch_size > max(LEAST_BATCH, (count - held_out) // LEAST_STEPS):
            batch_size //= 2
        if batch_size != recipe.batch_size:
            fitting["batch_size"] = batch_size
    if fitting:
        stated = ", ".join(f"--{name.replace('_', '-')} {value}" for name, value in fitting.items())
        logger.info("As there are %s training pictures: %s", f"{count:,}", stated)
    return replace(recipe, **fitting)


def check_same_data(folder: RunFolder, data_set: DataSet) -> None:
    """Raises ResumeError if a run was started on other data. Earlier runs did not note on which."""
    began = folder.load_environment().get("data_sha256")
    if began is not None and began != data_set.facts()["data_sha256"]:
        raise ResumeError(f"{folder.path} was started on other data; name that with --data-dir.")


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
    data_set = load_data_set(options.data_dir)
    recipe = fitted_to(data_set, recipe, {**options.changes, "batch_size": None})
    _, validation = split_validation(data_set.train, recipe.validation_images, recipe.seed)
    config = normalised(data_set.config, options.mean, options.std)
    network = load_checkpoint(options.from_checkpoint, config)
    folder.create()
    known = {
        "checkpoint": {"file": options.from_checkpoint.name, "sha256": sha256_of(options.from_checkpoint)},
        "data": plain(data_set.about),
        "recipe": {"validation_images": recipe.validation_images, "seed": recipe.seed},
        **environment("32-true", on_gpu=False),
    }
    metrics = write_release(folder, network, None, data_set.train, validation, data_set.test, known)
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
    if metrics.validation and was_seen_before(metrics.validation, test):
        lines += (
            "It does much better on the pictures held out here than on the test pictures, so it was probably trained\n"
        )
        lines += "on them. Its temperature is then too low; --validation-images 0 leaves the confidences as they are.\n"
    return lines


def was_seen_before(validation: SplitFigures, test: SplitFigures) -> bool:
    """Whether the validation accuracy is above the test accuracy by more than chance explains in so many pictures."""
    wrong = (validation.errors + test.errors) / (validation.count + test.count)
    noise = math.sqrt(wrong * (1 - wrong) * (1 / validation.count + 1 / test.count))
    return validation.accuracy - test.accuracy > max(SEEN_BEFORE, NOISES * noise)


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.range_test_plot)
