"""Check a release's explanations on CIFAR-10's test pictures: `python training/check_explanations.py --help`."""

import argparse
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not

import numpy as np
import torch

from interpret.methods import method_named
from interpret.validation import PARTS, RULES, completeness, mosaics, pointing_game, randomisation_test
from model.images import to_tensor
from model.network import CifarResNet
from model.release import BUNDLED, ReleaseError, load_release
from training.cifar10 import Split, load_cifar10
from training.errors import TrainingError

logger = logging.getLogger("training")


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        _, test = load_cifar10(options.data_dir)
        release = load_release(options.release)
    except (TrainingError, ReleaseError) as error:
        sys.exit(f"check_explanations.py: {error}")
    if not 1 <= options.count <= len(test):
        sys.exit(f"check_explanations.py: --count must be from 1 to {len(test)}, got {options.count}")
    logger.info("Release %s, %d of %d test pictures\n", release.identifier, options.count, len(test))
    logger.info("%s", table(release.network, test, options.count))


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="FOLDER", help="as of train.py (default: CIFAR10_DIR, else the Hub)")
    add("--release", type=Path, default=BUNDLED, metavar="FOLDER", help="a release on disk (default: the bundled one)")
    add(
        "--count",
        type=int,
        default=1_000,
        metavar="N",
        help="how many test pictures and mosaics (default: 1000)",
    )
    return parser.parse_args(arguments)


def table(network: CifarResNet, test: Split, count: int) -> str:
    """All checks as Markdown."""
    chosen = np.random.default_rng(0).permutation(len(test))[:count]
    images = to_tensor(test.images[chosen])
    sums = completeness(network, images)
    pointing = pointing_game(network, *mosaics(to_tensor(test.images), test.labels, count))
    similarity, band = randomisation_test(network, images[: max(1, count // 10)])
    lines = [
        f"Evidence adds up, for {sums.count:,} pictures x {network.fc.out_features} classes: largest error "
        f"{sums.logits:.1e} of the largest logit; margins {sums.margins:.1e}.",
        "",
        f"| method | pointing game | {' | '.join(f'+ {part}' for part in PARTS)} | random against random |",
        f"| --- | --- | {' | '.join('---' for _ in PARTS)} | --- |",
    ]
    for method in RULES:
        steps = " | ".join(f"{value:.2f}" for value in similarity[method.name])
        mean, deviation = band[method.name]
        lines.append(
            f"| {method_named(method.name).title} | {pointing[method.name]:.1%} | {steps} | "
            f"{mean:.2f} ± {deviation:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
