"""Add to a release what it can lack: people's verdicts on doubtful labels, the training pictures nearest to errors, the
last layer's maxima of all test pictures, a gallery of training pictures, and what is known of each channel.

`python training/add_tables.py --help`.
"""

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not

import numpy as np

from interpret.choices import ChoiceError, check_name
from interpret.layers.channels import channel_counts
from model.files.replacing import replaced
from model.network import STAGE_NAMES
from model.release import (
    BUNDLED,
    WEIGHTS,
    Release,
    ReleaseError,
    load_release,
    optional_files,
    read_config,
    seal,
)
from training.data.dataset import load_data_set
from training.data.split import Split
from training.errors import TrainingError
from training.judging.channels.lesions import judged, lesion_counts
from training.releasing.tables import RightWithout, write_tables

logger = logging.getLogger("training")
ALL, PROGRESS = "all", Path("runs/lesions.npz")


class OtherDataError(TrainingError):
    """The data is not what the release was judged on."""


@dataclass(frozen=True)
class TableOptions:
    """Which release, where CIFAR-10 is (None: the environment's CIFAR10_DIR, else the Hub), and of which further layers
    the channels are switched off one by one."""

    data_dir: Path | None = None
    release: Path = BUNDLED
    lesions: tuple[str, ...] = ()


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        add_tables(options)
    except (TrainingError, ReleaseError, ChoiceError) as error:
        sys.exit(f"add_tables.py: {error}")


def parse_arguments(arguments: list[str] | None = None) -> TableOptions:
    parser = argparse.ArgumentParser(
        description="Add to a release, or renew in it, label_reviews.parquet (what people said of doubtful test "
        "labels), nearest_training.parquet (the training pictures that the network finds most like each error), "
        "pooled_maxima.parquet (the last layer's maxima of all test pictures), gallery.parquet (2,000 training "
        "pictures) and channels.parquet (which of them excite each channel, and what is lost without it).",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        epilog="Takes minutes on two cores, without --lesions. It changes the release's identifier, and so the links "
        "to its views: add first, then publish.",
    )
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="FOLDER", help="as of train.py (default: CIFAR10_DIR, else the Hub)")
    add("--release", type=Path, metavar="FOLDER", help="a release on disk (default: the bundled one)")
    add(
        "--lesions",
        nargs="+",
        metavar="LAYER",
        help="of these layers too, or of 'all' that the release says nothing of yet, count what the network gets right "
        f"without each channel (minutes a layer; kept in {PROGRESS} as it goes, and taken up there)",
    )
    found = vars(parser.parse_args(arguments))
    return TableOptions(**found | {"lesions": tuple(found.get("lesions", ()))})


def add_tables(options: TableOptions) -> None:
    """Writes the tables into the release and seals it again: whole, or not at all.

    Raises TrainingError, ReleaseError or ChoiceError, with the release as it was.
    """
    release = load_release(options.release)
    for name in options.lesions:
        check_name("layer", name, (*channel_counts(release.network), ALL))
    data = load_data_set(options.data_dir)
    train, test = data.train, data.test
    check_data(release, test)
    logger.info("Release %s", release.identifier)
    right_without = measured_lesions(release, test, options.lesions)
    with replaced(release.folder, copy=True) as folder:
        write_tables(folder, release.network, release.misclassified, train, test, right_without)
        seal(release.config, folder)
    renewed = load_release(options.release)
    for name in optional_files(renewed.folder):
        logger.info("%s: %.1f kB", name, (renewed.folder / name).stat().st_size / 1e3)
    logger.info("Written into %s, which is now release %s", options.release, renewed.identifier)


def measured_lesions(release: Release, test: Split, asked: tuple[str, ...]) -> RightWithout:
    """What the release knows already of the network without each channel, and of the layers that are `asked` for."""
    known = {} if release.channels is None else release.channels
    found = {name: layer.right_without for name, layer in known.items() if layer.right_without is not None}
    if not asked:
        return found
    network, weights = release.network, read_config(release.folder)[1][WEIGHTS]
    channels = channel_counts(network)
    wanted = {name: count for name, count in channels.items() if name in asked or (ALL in asked and name not in found)}
    wanted.pop(STAGE_NAMES[-1], None)
    return {**found, **lesion_counts(network, judged(network, test.images, test.labels), wanted, PROGRESS, weights)}


def check_data(release: Release, test: Split) -> None:
    """Raises OtherDataError unless the release's errors are test images of this data, pixel by pixel and by label."""
    errors = release.misclassified
    if release.metrics.test.count != len(test):
        raise OtherDataError(
            f"{release.folder} was judged on {release.metrics.test.count:,} test pictures; this data has {len(test):,}."
        )
    here = errors.test_indices < len(test)
    found = test.take(errors.test_indices[here])
    if not (np.array_equal(found.images, errors.images) and np.array_equal(found.labels, errors.labels)):
        raise OtherDataError(f"{release.folder} was judged on other test pictures than this data has.")


if __name__ == "__main__":
    main()
