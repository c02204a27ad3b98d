"""Check a release's explanations on CIFAR-10's test pictures: `python training/check_explanations.py --help`."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not

from interpret.attribution.methods import METHOD_NAMES, method_named
from interpret.choices import ChoiceError
from interpret.drawing.words import faithfulness_table
from model.files.replacing import replaced
from model.images import to_tensor
from model.metrics import METRICS, Metrics
from model.release import BUNDLED, Release, ReleaseError, load_release, save_metrics, seal
from training.data.dataset import DataSet, load_data_set
from training.errors import TrainingError
from training.judging.evaluation import choose, held_out_images
from training.judging.explanations.checks import (
    CALLS,
    THREADS,
    ConcurrencyChecks,
    MapChecks,
    check_concurrency,
    check_maps,
)
from training.judging.explanations.erasing import erasing_figures, erasing_table
from training.judging.explanations.faithfulness import faithfulness_figures
from training.judging.explanations.strength import map_strength, strength_table
from training.judging.warning import warning_figures, warning_table
from training.releasing.card import write_card
from training.releasing.card_text import CardError

logger = logging.getLogger("training")


COUNTED = ("maps", "faithfulness", "erasing")  # these take --count
CHECKS = {
    "maps": "whether evidence adds up, maps point at their class, and depend on what was learnt (the default)",
    "faithfulness": (
        "measure deletion, insertion and ROAD of these methods, and write them into the release's "
        "metrics.json; about a second for each picture, and another for score_cam"
    ),
    "erasing": (
        "measure how well the ledger predicts what erasing cells does, and write it into the release's metrics.json; "
        "about half a second for each picture"
    ),
    "warning": (
        "measure how often the warning 'probably none of the ten classes' finds the pictures in folders, "
        "and write it into the release's metrics.json"
    ),
    "strength": (
        "measure how strong the maps of every method at every layer usually are, on the pictures that the "
        "release's run held out, and write it into the release's metrics.json: colour scales then reach "
        "that far"
    ),
    "concurrency": (
        f"ask for every method at every layer in {THREADS} threads at once, compare with the serial "
        f"answers, and watch the memory over {CALLS:,} calls"
    ),
}


class CheckError(TrainingError):
    """A check failed, or this release or this data does not allow it."""


@dataclass(frozen=True)
class CheckOptions:
    """Which check to run, and on what.

    No `data_dir` means the environment's CIFAR10_DIR, else the Hub. `count` belongs to maps, faithfulness and erasing,
    `methods` to faithfulness, `others` (names, and folders of images) to the warning, `write` to maps: only figures
    that are as they should be are written.
    """

    check: str = "maps"
    data_dir: Path | None = None
    release: Path = BUNDLED
    count: int = 1_000
    methods: tuple[str, ...] = METHOD_NAMES
    others: tuple[tuple[str, Path], ...] = ()
    write: bool = False


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        check(options)
    except (TrainingError, ReleaseError) as error:
        sys.exit(f"check_explanations.py: {error}")


def check(options: CheckOptions) -> None:
    """Runs the check that was asked for; all but that of concurrency, and that of maps unless told to, write what they
    find into the release.

    Raises TrainingError, ReleaseError; CheckError also if a check that can fail does.
    """
    data = load_data_set(options.data_dir)
    release = load_release(options.release)
    logger.info("Release %s\n", release.identifier)
    RUN[options.check](release, data, options)


def _faithfulness(release: Release, data: DataSet, options: CheckOptions) -> None:
    images = data.test.images[choose(data.test, options.count)]
    found = faithfulness_figures(release, images, options.methods)
    logger.info("%s", faithfulness_table(found))
    write(release, replace(release.metrics, faithfulness=found))


def _erasing(release: Release, data: DataSet, options: CheckOptions) -> None:
    found = erasing_figures(release.network, data.test.images[choose(data.test, options.count)])
    logger.info("%s", erasing_table(found))
    write(release, replace(release.metrics, erasing=found))


def _warning(release: Release, data: DataSet, options: CheckOptions) -> None:
    folders = folders_by_name(options.others)
    found = warning_figures(release, held_out_images(release, data.train), data.test, folders)
    logger.info("%s", warning_table(found))
    write(release, replace(release.metrics, out_of_distribution=found))


def _strength(release: Release, data: DataSet, options: CheckOptions) -> None:
    found = map_strength(release.network, held_out_images(release, data.train).images, METHOD_NAMES)
    logger.info("%s", strength_table(found))
    write(release, replace(release.metrics, map_strength=found))


def _concurrency(release: Release, data: DataSet, options: CheckOptions) -> None:
    report(check_concurrency(release.network, to_tensor(data.test.images[:1])))


def _maps(release: Release, data: DataSet, options: CheckOptions) -> None:
    test = data.test
    images = to_tensor(test.images[choose(test, options.count)])
    checks = check_maps(release.network, images, to_tensor(test.images), test.labels)
    report(checks)
    if options.write:
        write(release, replace(release.metrics, map_checks=checks.found))


RUN: dict[str, Callable[[Release, DataSet, CheckOptions], None]] = {
    "maps": _maps,
    "faithfulness": _faithfulness,
    "erasing": _erasing,
    "warning": _warning,
    "strength": _strength,
    "concurrency": _concurrency,
}


def report(found: MapChecks | ConcurrencyChecks) -> None:
    """Prints what was found. Raises CheckError if it is not as it should be."""
    logger.info("%s", found.table())
    if misses := found.misses():
        raise CheckError(f"not as it should be: {'; '.join(misses)}.")


def parse_arguments(arguments: list[str] | None = None) -> CheckOptions:
    # What was not given stays absent: a subcommand's default would replace what was given before its name.
    absent = argparse.SUPPRESS
    common, counted = (argparse.ArgumentParser(add_help=False, argument_default=absent) for _ in range(2))
    add = common.add_argument
    add("--data-dir", type=Path, metavar="FOLDER", help="as of train.py (default: CIFAR10_DIR, else the Hub)")
    add("--release", type=Path, metavar="FOLDER", help="a release on disk (default: the bundled one)")
    counted.add_argument("--count", type=int, metavar="N",
        help=f"how many test pictures and mosaics (default: {CheckOptions.count})")  # fmt: skip
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        argument_default=absent,
        parents=[common, counted],
        epilog="What is written into a release changes its identifier, and so the links to its views: measure first, "
        "then publish.",
    )
    checks = parser.add_subparsers(dest="check", title="checks", metavar="CHECK")
    for name, what in CHECKS.items():
        each = checks.add_parser(name, help=what, description=what, allow_abbrev=False, argument_default=absent,
                                 parents=[common, counted] if name in COUNTED else [common])  # fmt: skip
        if name == "faithfulness":
            each.add_argument("methods", nargs="*", type=method, metavar="METHOD", default=None,
                help=f"of {', '.join(METHOD_NAMES)} (default: all)")  # fmt: skip
        elif name == "maps":
            each.add_argument("--write", action="store_true",
                help="write the figures into the release's metrics.json, if all is as it should be")  # fmt: skip
        elif name == "warning":
            each.add_argument("--others", nargs="+", action="extend", type=named_folder, required=True,
                metavar="NAME=FOLDER", help="what the pictures in a folder show, and the folder")  # fmt: skip
    given = vars(parser.parse_args(arguments))
    kind = given["check"] = given.get("check") or CheckOptions.check
    if "count" in given and kind not in COUNTED:
        parser.error(f"--count does not belong to {kind}")
    if not given.get("methods", True):
        del given["methods"]
    given |= {name: tuple(given[name]) for name in ("methods", "others") if name in given}
    return CheckOptions(**given)


def method(text: str) -> str:
    try:
        return method_named(text).name
    except ChoiceError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def named_folder(text: str) -> tuple[str, Path]:
    """What the images in a folder show, and the folder."""
    name, separator, folder = text.rpartition("=")
    if not (separator and name and folder):
        raise argparse.ArgumentTypeError(f"expected NAME=FOLDER, got {text!r}")
    return name, Path(folder)


def folders_by_name(named: Sequence[tuple[str, Path]]) -> dict[str, Path]:
    """Raises CheckError if two folders have one name."""
    folders = dict(named)
    if len(folders) < len(named):
        raise CheckError("--others was given two folders of the same name.")
    return folders


def write(release: Release, metrics: Metrics) -> None:
    """Gives the release these metrics, renews its card, and seals it again: whole, or not at all.

    Raises CheckError, with nothing written, if the card is broken.
    """
    try:
        with replaced(release.folder, copy=True) as folder:
            write_card(metrics, release.config, folder)
            save_metrics(metrics, folder)
            seal(release.config, folder)
    except CardError as error:
        raise CheckError(f"The card of {release.folder} cannot be renewed: {error}.") from error
    logger.info("\nWritten into %s", release.folder / METRICS)


if __name__ == "__main__":
    main()
