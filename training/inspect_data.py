"""Look at the data before training on it: statistics, samples, augmentation. See `inspect_data.py --help`."""

import argparse
import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not

import numpy as np
import torch
from jaxtyping import UInt8
from matplotlib.figure import Figure

from model.network import CIFAR10_CLASSES
from training.data.augmentation import BatchAugmentation, augmentation
from training.data.dataset import channel_statistics, load_data_set
from training.data.split import Split
from training.errors import TrainingError
from training.presets import DEFAULT, PRESETS
from training.recipe import Recipe

logger = logging.getLogger("training")
SAMPLES_PER_CLASS = 10
DRAWS = 8


@dataclass(frozen=True)
class InspectOptions:
    """Where CIFAR-10 is (None: CIFAR10_DIR, else the Hub), which training image to augment, and where figures go."""

    data_dir: Path | None = None
    picture: int = 4
    out: Path = Path("runs/data")


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        data = load_data_set(options.data_dir)
    except TrainingError as error:
        sys.exit(f"inspect_data.py: {error}")
    train, test, class_names = data.train, data.test, data.config.class_names
    if not 0 <= options.picture < len(train):
        sys.exit(f"inspect_data.py: --picture must be from 0 to {len(train) - 1}, got {options.picture}")
    recipe, mean = PRESETS[DEFAULT].recipe, data.config.mean
    figures = {
        "samples": sample_grid(train, class_names),
        "channels": channel_histograms(train, test),
        "augmentations": augmentation_sheet(train.images[options.picture], recipe, mean),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(options.out / f"{name}.png", dpi=110)
    logger.info("%s\n\nFigures: %s", statistics_table({"train": train, "test": test}, class_names), options.out)


def parse_arguments(arguments: list[str] | None = None) -> InspectOptions:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="FOLDER", help="as of train.py (default: CIFAR10_DIR, else the Hub)")
    add("--picture", type=int, metavar="N",
        help=f"the training picture to augment (default: {InspectOptions.picture})")  # fmt: skip
    add("--out", type=Path, metavar="FOLDER", help=f"for the figures (default: {InspectOptions.out})")
    return InspectOptions(**vars(parser.parse_args(arguments)))


def statistics_table(splits: dict[str, Split], class_names: tuple[str, ...] = CIFAR10_CLASSES) -> str:
    """Count, shape, classes and the statistics of each channel, as plain text."""
    lines = []
    for name, split in splits.items():
        lines.append(f"{name}: {len(split):,} pictures, shape {split.images.shape}, {split.images.dtype}")
        per_class = np.bincount(split.labels, minlength=len(class_names))
        lines.append("  " + ", ".join(f"{each} {count:,}" for each, count in zip(class_names, per_class, strict=True)))
        lines.append(f"  {'in [0, 1]':10}{'red':>12}{'green':>12}{'blue':>12}")
        for statistic, values in channel_statistics(split.images).items():
            lines.append(f"  {statistic:10}" + "".join(f"{value:12.8f}" for value in values))
    return "\n".join(lines)


def sample_grid(split: Split, class_names: tuple[str, ...] = CIFAR10_CLASSES) -> Figure:
    """The first images of each class, one class in each row."""
    figure = Figure(figsize=(SAMPLES_PER_CLASS * 0.9, len(class_names) * 0.9), layout="constrained")
    axes = figure.subplots(len(class_names), SAMPLES_PER_CLASS)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    for index, name in enumerate(class_names):
        axes[index, 0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axis, image in zip(axes[index], split.images[split.labels == index], strict=False):
            axis.imshow(image, interpolation="nearest")
    return figure


def channel_histograms(train: Split, test: Split) -> Figure:
    """How often each pixel value occurs, by channel and split, as a share."""
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for channel, (axis, name) in enumerate(zip(axes, ("red", "green", "blue"), strict=True)):
        for label, split in (("train", train), ("test", test)):
            shares = np.bincount(split.images[..., channel].ravel(), minlength=256) / split.images[..., channel].size
            axis.plot(shares, label=label)
        axis.set(title=name, xlabel="pixel value, 0 to 255", ylabel="share of pixels" if channel == 0 else "")
        axis.legend()
    return figure


def augmentation_sheet(image: UInt8[np.ndarray, "32 32 3"], recipe: Recipe, mean: tuple[float, float, float]) -> Figure:
    """One image as it is, and several draws of each augmentation alone and of all together."""
    none = replace(recipe, crop_padding=0, cutout_size=0)
    rows = {
        "flip": (none, True),
        "crop": (replace(none, crop_padding=recipe.crop_padding), False),
        "cutout": (replace(none, cutout_size=recipe.cutout_size), False),
        "all, as in training": (recipe, True),
    }
    generator = np.random.default_rng(recipe.seed)
    figure = Figure(figsize=((DRAWS + 1) * 1.1, len(rows) * 1.15), layout="constrained")
    axes = figure.subplots(len(rows), DRAWS + 1)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    axes[0, 0].set_title("as it is", fontsize=9)
    for row, (name, (each, flips)) in zip(axes, rows.items(), strict=True):
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        augment = BatchAugmentation(augmentation(each, mean))
        parameters = augment.draw(generator, mirrored=generator.integers(1 + flips, size=DRAWS) == 1)
        drawn = augment(torch.from_numpy(image).expand(DRAWS, -1, -1, -1), parameters).numpy()
        for axis, pixels in zip(row, [image, *drawn], strict=True):
            axis.imshow(pixels, interpolation="nearest")
    return figure


if __name__ == "__main__":
    main()
