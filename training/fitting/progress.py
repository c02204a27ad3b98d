"""The progress bar of a run."""

import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar


class TrainingProgress(TQDMProgressBar):
    """Lightning's bar, with images per second and the time left of the whole run, both since `fit` was called."""

    def __init__(self, batch_size: int, total_steps: int) -> None:
        super().__init__()
        self.batch_size, self.total_steps = batch_size, total_steps
        self.first_step, self.start = 0, 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.first_step, self.start = trainer.global_step, time.monotonic()
        super().on_train_start(trainer, pl_module)

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        shown = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)
        if steps := trainer.global_step - self.first_step:
            seconds_per_step = (time.monotonic() - self.start) / steps
            minutes, seconds = divmod(round(seconds_per_step * (self.total_steps - trainer.global_step)), 60)
            shown["images/s"] = round(self.batch_size / seconds_per_step)
            shown["left"] = f"{minutes}:{seconds:02}"
        return shown
