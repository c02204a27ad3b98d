"""One training run on disk: where its files are, and the Lightning trainer that writes them."""

import json
import math
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import (
    LearningRateMonitor,
    ModelCheckpoint,
    ModelSummary,
)
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from training.errors import TrainingError
from training.fitting.progress import TrainingProgress
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
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise RunFolderError(f"The run cannot be kept in {self.path}: {error.strerror}.") from error
        (self.path / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
        (self.path / "environment.json").write_text(json.dumps(environment, indent=2) + "\n")

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


class WholeCheckpoints(TorchCheckpointIO):
    """A checkpoint is there whole, or as it was before: written beside its place, then renamed.

    Lightning's own goes through the folder for temporary files, and from another disk that is no rename.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


class IntervalCheckpoint(ModelCheckpoint):
    """Rewrites last.ckpt at intervals within an epoch, so that a killed run loses one interval at most.

    A run that is told to stop (SIGTERM) ends after the step that it is in, and loses nothing.
    """

    def __init__(self, folder: Path, interval: timedelta) -> None:
        super().__init__(
            folder, save_top_k=0, save_last=True, train_time_interval=interval, enable_version_counter=False
        )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # After the last batch the epoch's own checkpoint follows, once validation is done; one taken before it would
        # leave a resumed run to guess whether validation had happened.
        if not trainer.is_last_batch:
            if trainer.received_sigterm:
                self._last_time_checked = -math.inf
            super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)


def build_trainer(
    folder: RunFolder,
    recipe: Recipe,
    *,
    steps_per_epoch: int,
    accelerator: str,
    precision: str,
    devices: int = 1,
    num_nodes: int = 1,
    checkpoint_every: timedelta = timedelta(minutes=1),
) -> pl.Trainer:
    """A trainer with progress bar, model summary, TensorBoard and CSV logs, and checkpoints that survive a kill."""
    callbacks: list[pl.Callback] = [
        ModelSummary(max_depth=-1),
        LearningRateMonitor(logging_interval="step"),
        TrainingProgress(recipe.batch_size, recipe.epochs * steps_per_epoch),
        ModelCheckpoint(
            folder.checkpoints,
            filename="{epoch:02d}",
            save_last=True,
            enable_version_counter=False,
        ),
        IntervalCheckpoint(folder.checkpoints, checkpoint_every),
    ]
    legs = len(list(folder.path.glob("csv*")))
    return pl.Trainer(
        default_root_dir=folder.path,
        max_epochs=recipe.epochs,
        accelerator=accelerator,
        devices=devices,
        num_nodes=num_nodes,
        precision=precision,  # type: ignore[arg-type]
        callbacks=callbacks,
        plugins=[WholeCheckpoints()],
        logger=[
            TensorBoardLogger(str(folder.path), name=None, version="tensorboard"),
            # A log of its own for each leg of the run: Lightning deletes a CSV log that it finds.
            CSVLogger(str(folder.path), name=None, version=f"csv-{legs + 1:02d}", flush_logs_every_n_steps=1),
        ],
        log_every_n_steps=min(10, steps_per_epoch),
        num_sanity_val_steps=0,
        limit_val_batches=None if recipe.validation_images else 0,
        use_distributed_sampler=False,
        enable_model_summary=False,
    )
