"""Train CifarResNet on CIFAR-10 and write a release: `python training/train.py --help`."""

import argparse
import importlib.util
import logging
import os
import shlex
import sys
import warnings
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, the root is not
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # a transport of its own, which keeps to no deadline

from model.cores import keep_to_granted_cores
from model.hub import Target, check_target, limit_waiting
from model.hub_errors import HubError
from training.errors import TrainingError, disk_is_full
from training.fitting.processes import is_first_process, launched_processes
from training.options import (
    ACCELERATORS,
    DEFAULT_BRANCH,
    DEFAULT_REPOSITORY,
    LOGGERS,
    PRECISIONS,
    PushOptions,
    RunOptions,
    is_marked_excerpt,
    named_place,
)
from training.presets import DEFAULT, PRESETS

if TYPE_CHECKING:
    from model.release import Release

RECIPE_OPTIONS = (
    ("epochs", int, "passes over the training pictures"),
    ("batch_size", int, "pictures per step"),
    ("max_lr", float, "peak of the one-cycle learning rate"),
    ("validation_images", int, "training pictures held out for validation"),
    ("seed", int, "of the split, the initial weights, the order and the augmentation"),
)


# What --from-checkpoint has no use for.
SHAPING_TRAINING = (
    "preset",
    "epochs",
    "batch_size",
    "max_lr",
    "precision",
    "resume",
    "find_lr",
    "devices",
    "num_nodes",
    "logger",
)


def parse_arguments(arguments: list[str] | None = None) -> RunOptions:
    """The command line, and what torchrun or SLURM said of the processes."""
    # What was not given stays absent, so that defaults come from RunOptions and the preset.
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    _add_recipe_options(parser)
    _add_run_options(parser)
    _add_push_options(parser)
    given = vars(parser.parse_args(arguments))
    changes, push = ({name: given.pop(name) for name in names if name in given} for names in _groups_of_names())
    if not push.keys() & {"push", "push_only"}:
        if push:
            parser.error(f"--{next(iter(push)).replace('_', '-')} belongs to --push or --push-only")
    elif given.get("find_lr"):
        parser.error("--find-lr makes no release that could be pushed")
    if "from_checkpoint" in given:
        if shaping := [name for name in SHAPING_TRAINING if name in given or name in changes]:
            parser.error(f"--{shaping[0].replace('_', '-')} is for training, and --from-checkpoint trains nothing")
    elif normalising := given.keys() & {"mean", "std"}:
        parser.error(f"--{min(normalising)} belongs to --from-checkpoint: training takes those of its pictures")
    given |= {name: tuple(given[name]) for name in ("mean", "std") if name in given}
    if "resume" in given:
        given |= {"resume": True, "checkpoint": given["resume"]}
    here, machines = launched_processes()
    return RunOptions(**{"devices": here, "num_nodes": machines} | given, changes=changes, push=PushOptions(**push))


def _groups_of_names() -> tuple[list[str], list[str]]:
    """The options that change the recipe, and those that say what to push."""
    return [name for name, _, _ in RECIPE_OPTIONS], [field.name for field in fields(PushOptions)]


def _add_recipe_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="PLACE",
        help="CIFAR-10 as cifar-10-python.tar.gz, cifar-10-batches-py or Parquet, or pictures of your own classes: a "
             "folder for each, or Parquet (default: CIFAR10_DIR, else CIFAR-10 from the Hub)")  # fmt: skip
    presets = "; ".join(f"{name}: {preset}" for name, preset in PRESETS.items()).replace("%", "%%")
    add("--preset", choices=PRESETS, help=f"the recipe, which the next options change ({presets}; default: {DEFAULT})")
    for option, kind, what in RECIPE_OPTIONS:
        add(f"--{option.replace('_', '-')}", type=kind, metavar="N", help=f"{what} (default: {_defaults(option)})")


def _defaults(option: str) -> str:
    values = {name: getattr(preset.recipe, option) for name, preset in PRESETS.items()}
    if len(set(values.values())) == 1:
        return str(values[DEFAULT])
    return ", ".join(f"{value} ({name})" for name, value in values.items())


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--precision", choices=PRECISIONS,
        help="Lightning's name of it (default: bf16-mixed where it is native and faster)")  # fmt: skip
    add("--accelerator", choices=ACCELERATORS, help="where to train (default: a GPU if there is one)")
    add("--devices", type=int, metavar="N",
        help="how many GPUs of each machine, or processes on its CPU, share every batch "
             f"(default: {RunOptions.devices}, or what torchrun or srun started)")  # fmt: skip
    add("--num-nodes", type=int, metavar="N",
        help=f"how many machines (default: {RunOptions.num_nodes}, or what torchrun or srun started)")  # fmt: skip
    add("--resume", nargs="?", type=Path, const=None, metavar="CHECKPOINT",
        help="continue an interrupted run (default: the newest in --out)")  # fmt: skip
    add("--find-lr", action="store_true", help="run a learning-rate range test, save its plot, and stop")
    add("--logger", choices=LOGGERS,
        help="who keeps losses, accuracies and learning rates, beside the run's own CSV; wandb and trackio must be "
             f"installed (default: {RunOptions.logger})")  # fmt: skip
    add("--from-checkpoint", type=Path, metavar="FILE",
        help="make a release of weights that were trained elsewhere, and train nothing: Lightning's .ckpt, a "
             "state_dict in .pth, or .safetensors, with this network's layers by whatever prefix")  # fmt: skip
    for option, what in (("mean", "mean"), ("std", "standard deviation")):
        add(f"--{option}", type=float, nargs=3, metavar=("R", "G", "B"),
            help=f"with --from-checkpoint: the {what} by which its pictures were normalised, per channel, of pixels in "
                 "[0, 1] (default: that of the training pictures)")  # fmt: skip
    add("--out", type=Path, metavar="FOLDER", help=f"where runs are kept (default: {RunOptions.out})")


def _add_push_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("publishing on the Hugging Face Hub")
    either = group.add_mutually_exclusive_group()
    either.add_argument("--push", action="store_true", help="push the release when it is written; the token, the name "
                        "and the permission to write are checked before training starts")  # fmt: skip
    either.add_argument("--push-only", type=Path, metavar="RELEASE", help="push a release that is on disk; no training")
    add = group.add_argument
    add("--repo-id", metavar="USER/NAME",
        help=f"where to; created if missing (default: <the token's user>/{DEFAULT_REPOSITORY})")  # fmt: skip
    add("--private", action="store_true", help="create the repository as a private one (default: public)")
    add("--revision", metavar="BRANCH",
        help=f"the branch to push to, created if missing (default: {DEFAULT_BRANCH})")  # fmt: skip
    add("--allow-excerpt", action="store_true", help="push it even if it was made from an excerpt of CIFAR-10")
    add("--allow-worse", action="store_true", help="push it even if the release that it replaces gets more test "
        "pictures right, or was judged on others")  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO if is_first_process() else logging.WARNING, format="%(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the Hub client's transport tells of every request
    logging.getLogger("huggingface_hub").propagate = False  # it has a handler of its own
    hush_lightning()
    try:
        if options.push.push_only:
            push_only(options.push.push_only, options.push)
        else:
            train_and_push(options)
    except (TrainingError, HubError) as error:
        sys.exit(f"train.py: {error}")
    except Exception as error:
        if not disk_is_full(error):
            raise
        sys.exit(
            f"train.py: There is no space left on the disk of {options.out}; make room, and --resume continues from "
            "the last checkpoint, if there is one."
        )


def hush_lightning() -> None:
    """Keeps off the terminal what nobody who trains can use: advertisements, and deprecations inside of Lightning."""
    logging.getLogger("pytorch_lightning.utilities.rank_zero").addFilter(_is_no_advertisement)
    warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)


def _is_no_advertisement(record: logging.LogRecord) -> bool:
    return "💡 Tip" not in record.getMessage()


def train_and_push(options: RunOptions) -> None:
    """Trains, or judges weights that were trained elsewhere; with --push, publishes.

    A push that fails leaves the release on disk, and says how to go on.
    """
    if (place := named_place(options.data_dir)) and not place.exists():
        raise TrainingError(f"No data in {place}: there is no such file or folder.")
    for checkpoint in (options.checkpoint, options.from_checkpoint):
        if checkpoint and not checkpoint.is_file():
            raise TrainingError(f"There is no checkpoint {checkpoint}.")
    if options.logger in ("wandb", "trackio") and importlib.util.find_spec(options.logger) is None:
        raise TrainingError(f"--logger {options.logger} needs a package that is not here: pip install {options.logger}")
    if options.push.push and not options.push.allow_excerpt:
        check_no_excerpt(options.data_dir)
    target = find_target(options.push) if options.push.push and is_first_process() else None
    keep_to_granted_cores(options.devices)
    from training.pipeline import judge_checkpoint, train  # loads torch and Lightning, for which no check has to wait

    release = judge_checkpoint(options) if options.from_checkpoint else train(options)
    if target is None or release is None:
        return
    from training.releasing.publish import load_verified_release

    try:
        push(load_verified_release(release), target, options.push)
    except Exception as error:  # whatever it is, hours of training must not seem lost
        again = f"python training/train.py --push-only {shlex.quote(str(release))} --repo-id {target.repo_id}"
        further = f" --revision {target.branch}" if options.push.revision else ""
        further += " --allow-excerpt" if options.push.allow_excerpt else ""
        further += " --allow-worse" if options.push.allow_worse else ""
        kept = f"Nothing is lost: the release is in {release}. Push it with\n  {again}{further}"
        if isinstance(error, HubError | TrainingError):
            raise HubError(f"{error}\n{kept}") from error
        sys.stderr.write(f"train.py: {kept}\n")
        raise


def check_no_excerpt(data_dir: Path | None) -> None:
    """Raises TrainingError if the release would be made from an excerpt, so that nobody trains it for nothing."""
    place = named_place(data_dir)
    if place is not None and is_marked_excerpt(place):
        raise TrainingError(
            f"{place} is an excerpt of CIFAR-10, and a release made from one is not pushed, unless --allow-excerpt is "
            "given."
        )


def find_target(options: PushOptions) -> Target:
    """Where to push, proven to be writable. Raises HubError."""
    limit_waiting()
    return check_target(
        options.repo_id, default_name=DEFAULT_REPOSITORY, branch=options.branch, private=options.private
    )


def push_only(folder: Path, options: PushOptions) -> None:
    """Pushes a release that is on disk; nothing is created on the Hub if it is none."""
    from training.releasing.publish import load_verified_release  # loads torch
    from training.releasing.safeguards import check_excerpt

    release = load_verified_release(folder)
    check_excerpt(release, options.allow_excerpt)
    push(release, find_target(options), options)


def push(release: "Release", target: Target, options: PushOptions) -> None:
    from training.releasing.publish import publish  # loads torch
    from training.releasing.safeguards import check_excerpt, check_no_worse

    check_excerpt(release, options.allow_excerpt)
    if not options.allow_worse:
        check_no_worse(release, target)
    logging.getLogger("training").info("%s", publish(release, target))


if __name__ == "__main__":
    main()
