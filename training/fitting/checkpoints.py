"""Checkpoints that survive a kill: each is written whole, and one a minute at least."""

import math
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import ModelCheckpoint

CHECKPOINT_EVERY = timedelta(minutes=1)


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
