"""One training run on disk: where its files are, and what a new or a resumed run starts from."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from training.errors import TrainingError
from training.options import RunOptions
from training.presets import DEFAULT, OWN_CHOICES, PRESETS
from training.recipe import Recipe


class ResumeError(TrainingError):
    """There is no run to resume, or it was started with another recipe."""


class RunFolderError(TrainingError):
    """A run's folder cannot be created."""


@dataclass(frozen=True)
class RunFolder:
    """`<out>/<timestamp>/`: recipe.json, environment.json, checkpoints/, logs, release/."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def last_checkpoint(self) -> Path:
        return self.checkpoints / "last.ckpt"

    @property
    def metrics_csvs(self) -> list[Path]:
        """The logged values, a file for each time that the run was started or resumed, oldest first."""
        return sorted(self.path.glob("csv*/metrics.csv"))

    @property
    def range_test_plot(self) -> Path:
        return self.path / "learning_rate_range.png"

    @property
    def release(self) -> Path:
        return self.path / "release"

    def start(self, recipe: Recipe, environment: dict[str, object]) -> None:
        """Creates the folder and notes the recipe and the environment of the run.

        Raises RunFolderError if there can be no such folder.
        """
        self.create()
        (self.path / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
        (self.path / "environment.json").write_text(json.dumps(environment, indent=2) + "\n")

    def create(self) -> None:
        """Makes the folder, with nothing in it. Raises RunFolderError if it cannot be."""
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise RunFolderError(f"The run cannot be kept in {self.path}: {error.strerror}.") from error

    def load_environment(self) -> dict[str, object]:
        return json.loads((self.path / "environment.json").read_text())

    def load_recipe(self) -> Recipe:
        # A run from before a number was part of the recipe trained without it.
        return Recipe(
            **({"whitening_images": 0, "muon_lr_ratio": 0} | json.loads((self.path / "recipe.json").read_text()))
        )

    @staticmethod
    def new(out: Path) -> "RunFolder":
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        path = out / stamp
        for number in range(2, 100):
            if not path.exists():
                break
            path = out / f"{stamp}-{number}"
        return RunFolder(path)

    @staticmethod
    def of_checkpoint(checkpoint: Path) -> "RunFolder":
        if not checkpoint.is_file():
            raise ResumeError(f"There is no checkpoint {checkpoint}.")
        folder = RunFolder(checkpoint.resolve().parent.parent)
        if not (folder.path / "recipe.json").is_file():
            raise ResumeError(f"{checkpoint} does not belong to a run: {folder.path} has no recipe.json.")
        return folder


def newest_checkpoint(out: Path) -> Path:
    """The most recent checkpoint among the runs in `out`.

    Raises ResumeError if there is none, or if the run that was started last has none: another is not what is meant.
    """
    checkpoints = sorted(out.glob("*/checkpoints/last.ckpt"), key=_written)
    if not checkpoints:
        raise ResumeError(f"There is nothing to resume: no {out}/*/checkpoints/last.ckpt.")
    started = max(out.glob("*/recipe.json"), key=_written, default=None)
    if started and _written(started) > _written(checkpoints[-1]):
        raise ResumeError(
            f"There is nothing to resume: {started.parent} was stopped before its first checkpoint. Start it again, or "
            f"name the checkpoint of another run, such as {checkpoints[-1]}."
        )
    return checkpoints[-1]


def _written(path: Path) -> float:
    return path.stat().st_mtime


@dataclass(frozen=True)
class Run:
    """A run's folder and recipe, and the checkpoint that it goes on from (None: a new run)."""

    folder: RunFolder
    recipe: Recipe
    checkpoint: Path | None = None


def prepare_run(options: RunOptions) -> Run:
    """What these options start or resume; nothing is written yet.

    Raises ResumeError if there is nothing to resume, or if the options contradict what the run was started with;
    RecipeError.
    """
    preset = PRESETS[options.preset or DEFAULT].recipe
    if not options.resume:
        return Run(RunFolder.new(options.out), replace(preset, **options.changes))
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
    return Run(folder, recipe, checkpoint)
