"""Check a release's explanations on CIFAR-10's test pictures: `python training/check_explanations.py --help`."""

import argparse
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not

import numpy as np

from interpret.validation import PARTS, RULES, completeness, mosaics, pointing_game, randomisation_test
from interpret.words import faithfulness_table
from model.images import to_tensor
from model.network import STAGE_NAMES, CifarResNet
from model.release import BUNDLED, METRICS, ReleaseError, load_release, save_metrics, seal
from training.cifar10 import Split, load_cifar10
from training.errors import TrainingError
from training.faithfulness import faithfulness

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
    if options.faithfulness:
        found = faithfulness_figures(release.network, test, options.count)
        logger.info("%s", faithfulness_table(found))
        save_metrics(dict(release.metrics) | {"faithfulness": found}, release.folder)
        seal(release.config, release.folder)
        logger.info("\nWritten into %s", release.folder / METRICS)
    else:
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
    add("--faithfulness", action="store_true", help="measure deletion, insertion and ROAD, and write them into the "
        "release's metrics.json (about a second for each picture)")  # fmt: skip
    return parser.parse_args(arguments)


def choose(test: Split, count: int) -> np.ndarray:
    """The rows of the test pictures that the checks are made on: always the same ones."""
    return np.random.default_rng(0).permutation(len(test))[:count]


def faithfulness_figures(network: CifarResNet, test: Split, count: int) -> dict[str, Any]:
    """What `metrics.json` says of each method's faithfulness: means and half-widths of 95% confidence intervals."""
    scores = faithfulness(network, test.images[choose(test, count)])
    return {"count": count, "stage": STAGE_NAMES[-1], "methods": {name: asdict(each) for name, each in scores.items()}}


def table(network: CifarResNet, test: Split, count: int) -> str:
    """All checks as Markdown."""
    images = to_tensor(test.images[choose(test, count)])
    sums = completeness(network, images)
    pointing = pointing_game(network, *mosaics(to_tensor(test.images), test.labels, count))
    some = images[: max(1, count // 10)]
    similarity, band = randomisation_test(network, some)
    lines = [
        f"Evidence adds up, for {sums.count:,} pictures x {network.fc.out_features} classes: largest error "
        f"{sums.logits:.1e} of the largest logit; margins {sums.margins:.1e}.",
        f"Pointing game on {count:,} mosaics, randomisation on {len(some):,} pictures.",
        "",
        f"| method | pointing game | {' | '.join(f'+ {part}' for part in PARTS)} | random against random |",
        f"| --- | --- | {' | '.join('---' for _ in PARTS)} | --- |",
    ]
    for method in RULES:
        steps = " | ".join(f"{value:.2f}" for value in similarity[method.name])
        mean, deviation = band[method.name]
        lines.append(f"| {method.title} | {pointing[method.name]:.1%} | {steps} | {mean:.2f} ± {deviation:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
