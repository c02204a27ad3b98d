"""One training run from the data to a release: what `train.py` does once its options are in order."""

import logging
from dataclasses import asdict, replace
from pathlib import Path

import pytorch_lightning as pl

from model.network import NetworkConfig
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.errors import TrainingError
from training.fitting.allocator import keep_freed_memory
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.hardware import (
    check_accelerator,
    check_disk_space,
    environment,
    fast_precision,
    trains_on_gpu,
)
from training.fitting.module import CifarLitModule
from training.fitting.processes import is_first_process
from training.fitting.run import ResumeError, RunFolder, build_trainer, newest_checkpoint
from training.options import RunOptions
from training.presets import DEFAULT, OWN_CHOICES, PRESETS
from training.recipe import Recipe
from training.releasing.writer import format_table, write_release

logger = logging.getLogger("training")


class InterruptedRunError(TrainingError):
    """Training ended before its last epoch."""


def train(options: RunOptions) -> Path | None:
    """Trains (or resumes), evaluates the stored weights, and writes the release into the run's folder.

    Returns the release's folder; None after a range test, and in every process but the first. Raises TrainingError.
    """
    check_accelerator(options.accelerator, options.devices)
    if not trains_on_gpu(options.accelerator):
        keep_freed_memory()
    folder, recipe, checkpoint = prepare_run(options)
    check_disk_space(folder.path)
    data = load_data(options, recipe)
    pl.seed_everything(recipe.seed)
    precision = chosen_precision(options, folder, resumed=checkpoint is not None)
    if options.find_lr:
        report_range_test(find_lr(data, recipe, folder.path, options.accelerator, precision), folder)
        return None
    module = CifarLitModule(recipe, len(data.batches))
    if checkpoint is None and is_first_process():
        folder.start(recipe, environment(precision, trains_on_gpu(options.accelerator), options.processes))
    trainer = build_trainer(
        folder,
        recipe,
        steps_per_epoch=len(data.batches),
        accelerator=options.accelerator,
        precision=precision,
        devices=options.devices,
        num_nodes=options.num_nodes,
    )
    logger.info("Run %s: %s, precision %s", folder.path, recipe, precision)
    try:
        trainer.fit(module, data, ckpt_path=checkpoint)
    except SystemExit as error:  # Lightning's answer to SIGTERM and to Ctrl+C
        raise interrupted(folder, trainer) from error
    if trainer.current_epoch < recipe.epochs:
        raise interrupted(folder, trainer)
    if not trainer.is_global_zero:
        return None
    about = {"training_images": len(data.train), "seconds": round(module.fit_seconds, 1)}
    metrics = write_release(
        folder, module.network, recipe, data.validation, data.test, about | folder.load_environment()
    )
    logger.info("%s\nRelease: %s", format_table(metrics), folder.release)
    return folder.release


def interrupted(folder: RunFolder, trainer: pl.Trainer) -> InterruptedRunError:
    how = f"--resume {folder.last_checkpoint} continues it"
    if not folder.last_checkpoint.exists():
        how = "it has no checkpoint yet, so start it again"
    return InterruptedRunError(f"The run {folder.path} was stopped in epoch {trainer.current_epoch}; {how}.")


def load_data(options: RunOptions, recipe: Recipe) -> Cifar10DataModule:
    """CIFAR-10, verified. Raises DataError, also if a batch cannot be shared evenly by the processes asked for."""
    data = Cifar10DataModule(*load_cifar10(options.data_dir), recipe, NetworkConfig().mean)
    data.batches.share_with(options.processes, rank=0)
    return data


def chosen_precision(options: RunOptions, folder: RunFolder, *, resumed: bool) -> str:
    """What was asked for; else what a resumed run began with, to end with the same weights; else the fastest."""
    if options.precision != "auto":
        return options.precision
    if resumed:
        return str(folder.load_environment()["precision"])
    # Processes that measure for themselves might not choose alike.
    return fast_precision(options.accelerator, measure=options.processes == 1)


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.range_test_plot)


def prepare_run(options: RunOptions) -> tuple[RunFolder, Recipe, Path | None]:
    """The run's folder and recipe, and the checkpoint to continue from (None: a new run).

    Raises ResumeError if there is none, or if the options contradict what the run was started with.
    """
    preset = PRESETS[options.preset or DEFAULT].recipe
    if not options.resume:
        return RunFolder.new(options.out), replace(preset, **options.changes), None
    given = dict(options.changes)
    if options.preset:
        given = {name: value for name, value in asdict(preset).items() if name not in OWN_CHOICES} | given
    checkpoint = options.checkpoint or newest_checkpoint(options.out)
    folder = RunFolder.of_checkpoint(checkpoint)
    recipe = folder.load_recipe()
    if changed := {name: value for name, value in given.items() if getattr(recipe, name) != value}:
        raise ResumeError(f"{folder.path} was started with another recipe; it cannot resume with {changed}.")
    before = folder.load_environment().get("processes", 1)
    if options.processes != before:
        raise ResumeError(
            f"{folder.path} was started with {before} processes, which --devices and --num-nodes must make again; "
            f"it cannot resume with {options.processes}."
        )
    return folder, recipe, checkpoint
