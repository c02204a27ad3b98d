"""A learning-rate range test: short training at a rising rate, to see where the loss falls fastest and where it breaks.

Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3, with an exponential rise. Lightning's own finder gives every
parameter group the same rate, so the ratios between `fc`, Muon's convolutions and the rest are lost.
"""

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from model.network import NetworkConfig
from training.data.datamodule import Batch, Cifar10DataModule
from training.fitting.module import CifarLitModule
from training.fitting.progress import TrainingProgress, progress_of
from training.recipe import Recipe

logger = logging.getLogger("training")

STEPS = 100
LOWEST, HIGHEST = 1e-3, 10.0
SMOOTHING = 0.9
DIVERGED = 4.0


@dataclass(frozen=True)
class RangeTest:
    """Learning rates and the smoothed training loss (nats) at each."""

    learning_rates: Float[np.ndarray, "steps"]
    losses: Float[np.ndarray, "steps"]

    @property
    def suggestion(self) -> float | None:
        """The rate at which the loss falls fastest per factor of rate, before its minimum; None if it never falls."""
        end = int(self.losses.argmin())
        if end < 3:
            return None
        slope = np.gradient(self.losses[: end + 1], np.log(self.learning_rates[: end + 1]))
        return float(self.learning_rates[int(slope.argmin())])

    def figure(self) -> Figure:
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axis = figure.subplots()
        axis.plot(self.learning_rates, self.losses)
        axis.set(xscale="log", xlabel="learning rate", ylabel="training loss (nats, smoothed)", title="Range test")
        if self.suggestion is not None:
            axis.axvline(self.suggestion, linestyle="--", color="C1", label=f"steepest at {self.suggestion:.3g}")
            axis.legend()
        axis.grid(alpha=0.3)
        return figure


class RisingRate(CifarLitModule):
    """Trains at a rate that rises exponentially from LOWEST to HIGHEST, and keeps the losses."""

    def __init__(self, recipe: Recipe, steps: int, config: NetworkConfig | None = None) -> None:
        super().__init__(replace(recipe, max_lr=HIGHEST), steps_per_epoch=steps, config=config)
        self.steps = steps
        self.learning_rates: list[float] = []
        self.losses: list[float] = []

    def configure_optimizers(self) -> OptimizerLRScheduler:
        configured: Any = super().configure_optimizers()
        ratio = LOWEST / HIGHEST
        schedule = LambdaLR(configured["optimizer"], lambda step: ratio ** (1 - step / self.steps))
        return {"optimizer": configured["optimizer"], "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self._step("train", batch, label_smoothing=self.recipe.label_smoothing)
        optimizer: Any = self.optimizers()
        value = loss.item()
        smooth = SMOOTHING * self.losses[-1] + (1 - SMOOTHING) * value if self.losses else value
        if not np.isfinite(smooth) or smooth > DIVERGED * min([smooth, *self.losses]):
            self.trainer.should_stop = True
            return torch.zeros((), requires_grad=True, device=loss.device)
        self.learning_rates.append(optimizer.param_groups[0]["lr"])
        self.losses.append(smooth)
        return loss


def find_lr(
    data: Cifar10DataModule,
    recipe: Recipe,
    out: Path,
    accelerator: str,
    precision: str,
    steps: int = STEPS,
    config: NetworkConfig | None = None,
) -> RangeTest:
    """Runs the test and writes `learning_rate_range.png` and `.json` to `out`. It trains a network of its own."""
    module, progress = RisingRate(recipe, steps, config), progress_of(recipe.batch_size, steps)
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator=accelerator,
        devices=1,
        precision=precision,  # type: ignore[arg-type]
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[progress],
        enable_progress_bar=isinstance(progress, TrainingProgress),
    )
    try:
        trainer.fit(module, data)
    except SystemExit:  # Lightning's answer to SIGTERM and to Ctrl+C
        logger.warning("Stopped at step %d of %d; what was measured is kept", len(module.losses), steps)
        if not module.losses:
            raise
    result = RangeTest(np.array(module.learning_rates), np.array(module.losses))
    out.mkdir(parents=True, exist_ok=True)
    result.figure().savefig(out / "learning_rate_range.png", dpi=110)
    document = {"learning_rates": module.learning_rates, "losses": module.losses, "suggestion": result.suggestion}
    (out / "learning_rate_range.json").write_text(json.dumps(document, indent=2) + "\n")
    return result
