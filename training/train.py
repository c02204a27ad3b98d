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
from training.hardware import AcceleratorError, check_accelerator, environment, fast_precision
from training.module import CifarLitModule, NonFiniteLossError
from training.recipe import Recipe, RecipeError
from training.release_writer import format_table, write_release
from training.run import ResumeError, RunFolder, build_trainer

logger = logging.getLogger("training")
DEFAULTS = Recipe()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--data-dir", type=Path, help="folder with CIFAR-10 as parquet (plain_text/) or as cifar-10-batches-py; "
        "without it CIFAR10_DIR, else a download from the Hub")  # fmt: skip
    add("--epochs", type=int, help=f"passes over the training pictures (default: {DEFAULTS.epochs})")
    add("--batch-size", type=int, help=f"pictures per step (default: {DEFAULTS.batch_size})")
    add("--max-lr", type=float, help=f"peak of the one-cycle learning rate (default: {DEFAULTS.max_lr})")
    add("--validation-images", type=int,
        help=f"training pictures held out for validation (default: {DEFAULTS.validation_images})")  # fmt: skip
    add("--seed", type=int, help=f"of split, initial weights, order, augmentation (default: {DEFAULTS.seed})")
    add("--precision", default="auto", help="Lightning's name, such as 32-true; auto takes bf16 where it is native")
    add("--accelerator", default="auto", choices=["auto", "cpu", "gpu", "cuda"], help="where to train")
    add("--devices", default="auto", help="how many devices, or which")
    add("--num-nodes", type=int, default=1, help="how many machines take part")
    add("--resume", nargs="?", const="newest", metavar="CHECKPOINT", help="continue a run: the newest in --out")
    add("--find-lr", action="store_true", help="run a learning-rate range test of 100 steps, save its plot, and stop")
    add("--out", type=Path, default=Path("runs"), help="where runs are kept")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        train(options)
    except (DataError, RecipeError, ResumeError, AcceleratorError, NonFiniteLossError) as error:
        sys.exit(f"train.py: {error}")


def train(options: argparse.Namespace) -> None:
    check_accelerator(options.accelerator)
    folder, recipe = prepare_run(options)
    train_split, test_split = load_cifar10(options.data_dir)
    pl.seed_everything(recipe.seed)
    config = NetworkConfig()
    data = Cifar10DataModule(train_split, test_split, recipe, config.mean)
    module = CifarLitModule(recipe, len(data.batches), config)
    precision = fast_precision(options.accelerator) if options.precision == "auto" else options.precision
    if options.find_lr:
        report_range_test(
            find_lr(data, recipe, folder.path, accelerator=options.accelerator, precision=precision), folder
        )
        return
    if not options.resume:
        folder.start(recipe, environment(precision))
    trainer = build_trainer(
        folder,
        recipe,
        steps_per_epoch=len(data.batches),
        accelerator=options.accelerator,
        devices=options.devices,
        num_nodes=options.num_nodes,
        precision=precision,
    )
    logger.info("Run %s: %s, precision %s", folder.path, recipe, precision)
    trainer.fit(module, data, ckpt_path=folder.last_checkpoint if options.resume else None)
    about = {"training_images": len(data.train), "seconds": round(module.fit_seconds, 1), **folder.load_environment()}
    metrics = write_release(folder, module.network, recipe, data.validation, data.test, about)
    logger.info("%s\nRelease: %s", format_table(metrics), folder.release)


def report_range_test(result: RangeTest, folder: RunFolder) -> None:
    if result.suggestion is None:
        advice = "The loss never fell; train for longer or look at the data."
    else:
        advice = (
            f"The loss falls fastest at a learning rate of {result.suggestion:.3g}. The peak of a one-cycle schedule "
            "may be a few times higher, below where the curve turns up: train with --max-lr."
        )
    logger.info("%s\nPlot: %s", advice, folder.path / "learning_rate_range.png")


def prepare_run(options: argparse.Namespace) -> tuple[RunFolder, Recipe]:
    given = {field.name: value for field in fields(Recipe) if (value := getattr(options, field.name, None)) is not None}
    if options.resume is None:
        return RunFolder.new(options.out), replace(DEFAULTS, **given)
    newest = options.resume == "newest"
    folder = RunFolder.newest(options.out) if newest else RunFolder.of_checkpoint(Path(options.resume))
    recipe = folder.load_recipe()
    if changed := {name: value for name, value in given.items() if getattr(recipe, name) != value}:
        raise ResumeError(f"{folder.path} was started with another recipe; it cannot resume with {changed}.")
    return folder, recipe


if __name__ == "__main__":
    main()
