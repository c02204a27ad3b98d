"""How far a run is: a bar in a terminal, elsewhere a line at intervals."""

import logging
import sys
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar

logger = logging.getLogger("training")
SECONDS_BETWEEN_LINES = 60.0


def progress_of(batch_size: int, total_steps: int) -> pl.Callback:
    """What tells how far training is, by where Lightning draws a bar: a file would keep every state of it."""
    return (TrainingProgress if sys.stdout.isatty() else ProgressLines)(batch_size, total_steps)


class ProgressLines(pl.Callback):
    """A line about the first step, one a minute, and one at the end of each epoch."""

    def __init__(self, batch_size: int, total_steps: int) -> None:
        self.batch_size, self.total_steps = batch_size, total_steps
        self.first_step, self.start, self.last_line = 0, 0.0, 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.first_step, self.start, self.last_line = trainer.global_step, time.monotonic(), 0.0

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now = time.monotonic()
        if self.last_line and now - self.last_line < SECONDS_BETWEEN_LINES and not trainer.is_last_batch:
            return
        self.last_line = now
        steps = max(1, trainer.global_step - self.first_step)
        rate, left = steps_and_time_left(steps, now - self.start, self.total_steps - trainer.global_step)
        where = f"Epoch {trainer.current_epoch + 1}, step {trainer.global_step:,} of {self.total_steps:,}"
        logger.info("%s: %d images/s, %s left", where, round(self.batch_size * rate), left)


def steps_and_time_left(steps: int, seconds: float, remaining: int) -> tuple[float, str]:
    """Steps a second so far, and how long the remaining ones take at that, in minutes and seconds."""
    minutes, rest = divmod(round(seconds / steps * remaining), 60)
    return steps / max(seconds, 1e-9), f"{minutes}:{rest:02}"


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
            seconds, remaining = time.monotonic() - self.start, self.total_steps - trainer.global_step
            rate, left = steps_and_time_left(steps, seconds, remaining)
            shown |= {"images/s": round(self.batch_size * rate), "left": left}
        return shown
