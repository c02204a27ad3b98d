"""The Lightning module: CifarResNet, its loss, its metrics and its optimiser."""

import math
import time
from dataclasses import asdict
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MeanMetric, Metric
from torchmetrics.classification import MulticlassAccuracy

from model.network import CifarResNet, NetworkConfig
from training.data.datamodule import Batch
from training.errors import TrainingError
from training.fitting.initialisation import whiten_first_convolution_
from training.fitting.muon import MuonSGD
from training.recipe import Recipe

LOSSES_READ_AT_ONCE = 50


class NonFiniteLossError(TrainingError):
    """The loss became infinite or not a number; nothing useful can follow."""


class CifarLitModule(pl.LightningModule):
    """Trains a CifarResNet. Batches are (uint8 images, int64 labels)."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.save_hyperparameters({"recipe": asdict(recipe)})
        self.recipe = recipe
        # Not asked of the trainer: its estimate loads the training loader before a checkpoint can tell it where it was.
        self.total_steps = recipe.epochs * steps_per_epoch
        self.network = CifarResNet(config)
        scale_logits_(self.network, recipe.logit_scale)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        classes = len(self.network.config.class_names)
        self.example_input_array = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
        for phase in ("train", "val", "test"):
            self.add_module(f"{phase}_loss", MeanMetric())
            self.add_module(f"{phase}_accuracy", MulticlassAccuracy(classes, average="micro"))
        self._unchecked_losses: list[tuple[int, Tensor]] = []
        self.fit_seconds = 0.0
        self._clock: float | None = None

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images / 255)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self._step("train", batch, label_smoothing=self.recipe.label_smoothing)
        self._unchecked_losses.append((self.global_step, loss.detach()))
        # To read a loss is to wait for the device, so a GPU's losses are read rarely.
        if len(self._unchecked_losses) >= (1 if loss.device.type == "cpu" else LOSSES_READ_AT_ONCE):
            self.check_losses()
        return loss

    def check_losses(self) -> None:
        """Raises NonFiniteLossError if a loss since the last check was none, and says at which step."""
        unchecked, self._unchecked_losses = self._unchecked_losses, []
        values = torch.stack([loss for _, loss in unchecked]).tolist() if unchecked else []
        for (step, _), value in zip(unchecked, values, strict=True):
            if not math.isfinite(value):
                raise NonFiniteLossError(
                    f"The loss is {value} at step {step} (epoch {self.current_epoch}). "
                    f"Start a new run with a lower --max-lr than {self.recipe.max_lr}."
                )

    def on_train_epoch_end(self) -> None:
        self.check_losses()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self._step("val", batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        self._step("test", batch)

    def _step(self, phase: str, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
        images, labels = batch
        logits = self(images)
        loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        mean_loss, accuracy = getattr(self, f"{phase}_loss"), getattr(self, f"{phase}_accuracy")
        mean_loss(loss.detach(), weight=len(labels))
        accuracy(logits, labels)
        for name, metric in (("loss", mean_loss), ("accuracy", accuracy)):
            self.log(f"{phase}/{name}", metric, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def configure_optimizers(self) -> OptimizerLRScheduler:
        recipe = self.recipe
        optimizer = MuonSGD(
            parameter_groups(self.network, recipe),
            lr=recipe.max_lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=True,
        )
        schedule = LambdaLR(optimizer, lambda step: recipe.lr_factor(step, self.total_steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def setup(self, stage: str) -> None:
        # Before the processes of a run compare their weights, and before a checkpoint replaces them.
        if stage == "fit" and self.recipe.whitening_images:
            images = self.trainer.datamodule.train.images  # type: ignore[attr-defined]
            whiten_first_convolution_(self.network, images[: self.recipe.whitening_images])

    def on_train_start(self) -> None:
        self._clock = time.monotonic()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.check_losses()  # no checkpoint holds weights that nothing can be trained from
        checkpoint["fit_seconds"] = self.elapsed_fit_seconds()
        if not self.trainer.is_last_batch:
            states = {name: dict(each.metric_state) for name, each in self._train_metrics().items()}
            checkpoint["train_metrics"] = states

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.fit_seconds = float(checkpoint["fit_seconds"])
        # Else the means of the epoch would be those of the steps since. Each process has its own, and one is written.
        if self.trainer.world_size == 1:
            for name, state in checkpoint.get("train_metrics", {}).items():
                metric = self._train_metrics()[name]
                for key, value in state.items():
                    setattr(metric, key, value.to(self.device))
                metric._update_count = 1

    def _train_metrics(self) -> dict[str, Metric]:
        return {name: each for name, each in self.named_children() if name.startswith("train_")}  # type: ignore[misc]

    def elapsed_fit_seconds(self) -> float:
        """Seconds spent in `fit` so far, those before an interruption included."""
        running = time.monotonic() - self._clock if self._clock is not None else 0.0
        return self.fit_seconds + running

    def on_train_end(self) -> None:
        self.fit_seconds, self._clock = self.elapsed_fit_seconds(), None


def parameter_groups(network: CifarResNet, recipe: Recipe) -> list[dict[str, Any]]:
    """Every parameter in one group of MuonSGD's: the convolutions but the first, `fc`, and the rest."""
    first, fc = network.prep_layer[0].weight, network.fc.weight
    convolutions = [each for each in network.parameters() if each.ndim == 4 and each is not first]
    taken = {id(parameter) for parameter in (fc, *convolutions)}
    # SGD on a layer whose output is scaled by s equals SGD on the scaled layer at s^2 the rate and 1/s^2 the decay.
    squared = recipe.logit_scale**2
    scaled = {"lr": recipe.max_lr * squared, "weight_decay": recipe.weight_decay / squared}
    muon = {"muon": True, "lr": recipe.max_lr * recipe.muon_lr_ratio, "momentum": recipe.muon_momentum}
    return [
        {"name": "rest", "params": [each for each in network.parameters() if id(each) not in taken]},
        {"name": "fc", "params": [fc], **scaled},
        {"name": "convolutions", "params": convolutions, **(muon if recipe.muon_lr_ratio else {})},
    ]


def scale_logits_(network: CifarResNet, scale: float) -> None:
    """Starts `fc` smaller by `scale`, in place of multiplying the logits by it (see `configure_optimizers`)."""
    with torch.no_grad():
        network.fc.weight.mul_(scale)
