"""One training run from the data to a release: what `train.py` does once its options are in order."""

import logging
from pathlib import Path

import pytorch_lightning as pl

from model.network import NetworkConfig
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.machine import check_accelerator, check_disk_space, keep_freed_memory, trains_on_gpu
from training.fitting.module import CifarLitModule
from training.fitting.precision import chosen_precision
from training.fitting.run_folder import Run, RunFolder, prepare_run
from training.fitting.trainer import fit
from training.options import RunOptions
from training.recipe import Recipe
from training.releasing.writer import format_table, write_release

logger = logging.getLogger("training")


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


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.range_test_plot)
