"""The training recipe: every number that shapes a run, once."""

from dataclasses import dataclass

from training.errors import TrainingError


class RecipeError(TrainingError, ValueError):
    """A recipe holds a value that no run could use."""


@dataclass(frozen=True)
class Recipe:
    """One-cycle SGD as in https://github.com/davidcpage/cifar10-fast, with label smoothing; Muon for the convolutions.

    The learning rate rises linearly from 0 to `max_lr` over the first `warmup` part of all steps and falls linearly to
    `final_lr_ratio` x `max_lr`. It belongs to the mean loss over a batch of `batch_size`. The convolutions but the
    first are trained by Muon with `muon_momentum`, at `muon_lr_ratio` x that learning rate (0: by SGD as the rest). The
    first convolution starts with whitening filters of `whitening_images` training images (0: at random, as others).

    Raises RecipeError if a value is out of range.
    """

    epochs: int = 24
    batch_size: int = 512
    max_lr: float = 0.4
    momentum: float = 0.9
    muon_lr_ratio: float = 0.125
    muon_momentum: float = 0.85
    weight_decay: float = 5e-4
    warmup: float = 0.1
    final_lr_ratio: float = 0.01
    label_smoothing: float = 0.1
    logit_scale: float = 0.125
    whitening_images: int = 1_000
    crop_padding: int = 4
    cutout_size: int = 8
    validation_images: int = 5_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise RecipeError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in (
            "crop_padding",
            "cutout_size",
            "validation_images",
            "whitening_images",
            "seed",
            "momentum",
            "muon_lr_ratio",
            "muon_momentum",
            "weight_decay",
        ):
            if getattr(self, name) < 0:
                raise RecipeError(f"{name} must not be negative, got {getattr(self, name)}")
        if not self.max_lr > 0:
            raise RecipeError(f"max_lr must be above 0, got {self.max_lr}")
        if not 0 <= self.warmup < 1:
            raise RecipeError(f"warmup must be in [0, 1), got {self.warmup}")
        if not 0 <= self.label_smoothing < 1:
            raise RecipeError(f"label_smoothing must be in [0, 1), got {self.label_smoothing}")

    def lr_factor(self, step: int, total_steps: int) -> float:
        """The learning rate at `step` of `total_steps`, as a fraction of `max_lr`, in [0, 1]."""
        peak = self.warmup * total_steps
        if step < peak:
            return step / peak
        progress = min(1.0, (step - peak) / (total_steps - peak))
        return 1 + progress * (self.final_lr_ratio - 1)
