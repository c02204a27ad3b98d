"""Train CifarResNet on CIFAR-10 and write a release: `python training/train.py --help`."""

import argparse
import logging
import os
import sys
from dataclasses import fields, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import pytorch_lightning as pl

from model.network import NetworkConfig
from training.cifar10 import DataError, load_cifar10
from training.datamodule import Cifar10DataModule
from training.find_lr import RangeTest, find_lr
from training.hardware import (
    AcceleratorError,
    check_accelerator,
    environment,
    fast_precision,
    loading_workers,
    trains_on_gpu,
)
from training.module import CifarLitModule, NonFiniteLossError
from training.recipe import Recipe, RecipeError
from training.release_writer import format_table, write_release
from training.run import ResumeError, RunFolder, build_trainer, newest_checkpoint

logger = logging.getLogger("training")
DEFAULTS = Recipe()
NEWEST = "newest"


class InterruptedRunError(RuntimeError):
    """Training ended before its last epoch."""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. Recipe options that were not given are absent; their defaults stand in `Recipe`."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="FOLDER",
        help="CIFAR-10 as parquet or as cifar-10-batches-py (default: CIFAR10_DIR, else the Hub)")  # fmt: skip
    for option, kind, what in (
        ("epochs", int, "passes over the training pictures"),
        ("batch_size", int, "pictures per step"),
        ("max_lr", float, "peak of the one-cycle learning rate"),
        ("validation_images", int, "training pictures held out for validation"),
        ("seed", int, "of the split, the initial weights, the order and the augmentation"),
    ):
        add(f"--{option.replace('_', '-')}", type=kind, default=argparse.SUPPRESS, metavar="N",
            help=f"{what} (default: {getattr(DEFAULTS, option)})")  # fmt: skip
    add(
        "--precision", default="auto", help="Lightning's name of it, such as 32-true (default: bf16 where it is native)"
    )
    add("--accelerator", default="auto", choices=["auto", "cpu", "gpu", "cuda"],
        help="where to train (default: a GPU if there is one)")  # fmt: skip
    add("--devices", type=int, default=1, metavar="N", help="how many devices; for now one only (default: 1)")
    add("--num-nodes", type=int, default=1, metavar="N", help="how many machines; for now one only (default: 1)")
    add("--resume", nargs="?", const=NEWEST, metavar="CHECKPOINT",
        help="continue an interrupted run (default: the newest in --out)")  # fmt: skip
    add("--find-lr", action="store_true", help="run a learning-rate range test, save its plot, and stop")
    add("--out", type=Path, default=Path("runs"), metavar="FOLDER", help="where runs are kept (default: runs)")
    return parser.parse_args(arguments)


EXPECTED_ERRORS = (DataError, RecipeError, ResumeError, AcceleratorError, NonFiniteLossError, InterruptedRunError)


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        train(options)
    except EXPECTED_ERRORS as error:
        sys.exit(f"train.py: {error}")


def train(options: argparse.Namespace) -> None:
    """Trains (or resumes), evaluates the stored weights, and writes the release into the run's folder."""
    check_accelerator(options.accelerator)
    if (options.devices, options.num_nodes) != (1, 1):
        raise AcceleratorError("Training on several devices or machines is not supported yet; leave the options out.")
    folder, recipe, checkpoint = prepare_run(options)
    train_split, test_split = load_cifar10(options.data_dir)
    pl.seed_everything(recipe.seed)
    config = NetworkConfig()
    data = Cifar10DataModule(train_split, test_split, recipe, config.mean, loading_workers(options.accelerator))
    precision = fast_precision(options.accelerator) if options.precision == "auto" else options.precision
    if options.find_lr:
        result = find_lr(data, recipe, folder.path, accelerator=options.accelerator, precision=precision)
        report_range_test(result, folder)
        return
    module = CifarLitModule(recipe, len(data.batches), config)
    if checkpoint is None:
        folder.start(recipe, environment(precision, on_gpu=trains_on_gpu(options.accelerator)))
    trainer = build_trainer(
        folder,
        recipe,
        steps_per_epoch=len(data.batches),
        accelerator=options.accelerator,
        precision=precision,
    )
    logger.info("Run %s: %s, precision %s", folder.path, recipe, precision)
    trainer.fit(module, data, ckpt_path=checkpoint)
    if trainer.current_epoch < recipe.epochs:
        raise InterruptedRunError(f"The run stopped in epoch {trainer.current_epoch}; --resume continues it.")
    if trainer.is_global_zero:
        about = {"training_images": len(data.train), "seconds": round(module.fit_seconds, 1)}
        metrics = write_release(
            folder, module.network, recipe, data.validation, data.test, about | folder.load_environment()
        )
        logger.info("%s\nRelease: %s", format_table(metrics), folder.release)


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.range_test_plot)


def prepare_run(options: argparse.Namespace) -> tuple[RunFolder, Recipe, Path | None]:
    """The run's folder and recipe, and the checkpoint to continue from (None: a new run).

    Raises ResumeError if there is none, or if the options contradict the recipe that the run was started with.
    """
    given = {field.name: getattr(options, field.name) for field in fields(Recipe) if hasattr(options, field.name)}
    if options.resume is None:
        return RunFolder.new(options.out), replace(DEFAULTS, **given), None
    checkpoint = newest_checkpoint(options.out) if options.resume == NEWEST else Path(options.resume)
    folder = RunFolder.of_checkpoint(checkpoint)
    recipe = folder.load_recipe()
    if changed := {name: value for name, value in given.items() if getattr(recipe, name) != value}:
        raise ResumeError(f"{folder.path} was started with another recipe; it cannot resume with {changed}.")
    return folder, recipe, checkpoint


if __name__ == "__main__":
    main()
