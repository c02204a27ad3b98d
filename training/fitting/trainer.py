"""Lightning's trainer as a run needs it, and the fitting itself."""

import importlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint, ModelSummary
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger
from pytorch_lightning.utilities import rank_zero_only

from training.data.datamodule import Cifar10DataModule
from training.data.dataset import DataSet
from training.errors import TrainingError
from training.fitting.checkpoints import CHECKPOINT_EVERY, IntervalCheckpoint, WholeCheckpoints
from training.fitting.machine import environment, trains_on_gpu
from training.fitting.module import CifarLitModule
from training.fitting.processes import is_first_process
from training.fitting.progress import TrainingProgress, progress_of
from training.fitting.run_folder import Run, RunFolder
from training.options import LOGGERS, RunOptions
from training.recipe import Recipe

logger = logging.getLogger("training")
PROJECT = "cifar-xray"


class InterruptedRunError(TrainingError):
    """Training ended before its last epoch."""


def fit(
    run: Run, data: Cifar10DataModule, options: RunOptions, precision: str, data_set: DataSet | None = None
) -> CifarLitModule:
    """Trains a new network, or the one in the run's checkpoint, to the last epoch of its recipe.

    `data_set` says what the network's classes are (None: CIFAR-10's). Raises InterruptedRunError if the run was stopped
    before, RunFolderError if it cannot be kept on disk.
    """
    module = CifarLitModule(run.recipe, len(data.batches), data_set.config if data_set else None)
    if run.checkpoint is None and is_first_process():
        about = environment(precision, trains_on_gpu(options.accelerator), options.processes)
        run.folder.start(run.recipe, about | (data_set.facts() if data_set else {}))
    trainer = build_trainer(
        run.folder,
        run.recipe,
        steps_per_epoch=len(data.batches),
        accelerator=options.accelerator,
        precision=precision,
        devices=options.devices,
        num_nodes=options.num_nodes,
        logger_name=options.logger,
    )
    logger.info("Run %s: %s, precision %s", run.folder.path, run.recipe, precision)
    try:
        trainer.fit(module, data, ckpt_path=run.checkpoint)
    except SystemExit as error:  # Lightning's answer to SIGTERM and to Ctrl+C
        raise _interrupted(run.folder, trainer) from error
    if trainer.current_epoch < run.recipe.epochs:
        raise _interrupted(run.folder, trainer)
    return module


def _interrupted(folder: RunFolder, trainer: pl.Trainer) -> InterruptedRunError:
    how = f"--resume {folder.last_checkpoint} continues it"
    if not folder.last_checkpoint.exists():
        how = "it has no checkpoint yet, so start it again"
    return InterruptedRunError(f"The run {folder.path} was stopped in epoch {trainer.current_epoch}; {how}.")


def further_loggers(name: str, folder: RunFolder) -> list[Logger]:
    """Who keeps the logged values beside the run's CSV: TensorBoard, Weights & Biases, trackio, or nobody (csv)."""
    run = folder.path.name
    if name == "tensorboard":
        return [TensorBoardLogger(str(folder.path), name=None, version="tensorboard")]
    if name == "wandb":
        return [WandbLogger(name=run, project=PROJECT, save_dir=str(folder.path))]
    return [TrackioLogger(run)] if name == "trackio" else []


class TrackioLogger(Logger):
    """https://github.com/gradio-app/trackio, of which Lightning knows nothing; it is imported when it is needed."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run = run
        self._trackio: Any = None

    @property
    def name(self) -> str:
        return PROJECT

    @property
    def version(self) -> str:
        return self.run

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        if self._trackio is None:
            self._trackio = importlib.import_module("trackio")
            self._trackio.init(project=PROJECT, name=self.run)
        self._trackio.log(dict(metrics), step=step)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The recipe stands in the run's folder."""

    @rank_zero_only
    def finalize(self, status: str) -> None:
        if self._trackio is not None:
            self._trackio.finish()


def build_trainer(
    folder: RunFolder,
    recipe: Recipe,
    *,
    steps_per_epoch: int,
    accelerator: str,
    precision: str,
    devices: int = 1,
    num_nodes: int = 1,
    checkpoint_every: timedelta = CHECKPOINT_EVERY,
    logger_name: str = LOGGERS[0],
) -> pl.Trainer:
    """A trainer with progress, model summary, a CSV log and that of a logger, and checkpoints that survive a kill."""
    callbacks: list[pl.Callback] = [
        ModelSummary(max_depth=-1),
        LearningRateMonitor(logging_interval="step"),
        progress := progress_of(recipe.batch_size, recipe.epochs * steps_per_epoch),
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
            *further_loggers(logger_name, folder),
            # A log of its own for each leg of the run: Lightning deletes a CSV log that it finds.
            CSVLogger(str(folder.path), name=None, version=f"csv-{legs + 1:02d}", flush_logs_every_n_steps=1),
        ],
        log_every_n_steps=min(10, steps_per_epoch),
        num_sanity_val_steps=0,
        limit_val_batches=None if recipe.validation_images else 0,
        use_distributed_sampler=False,
        enable_model_summary=False,
        enable_progress_bar=isinstance(progress, TrainingProgress),
    )
