"""Training speed as ratios, measured in turns: `python benchmarks/training.py` (about six minutes on two CPU cores).

Three ways to train the same network, each in a process of its own: this repository's `trainer.fit`; a bare PyTorch loop
with the same precision, memory layout, optimiser and augmentation; and a plain Lightning run in float32 NCHW with SGD,
augmenting picture by picture. They take turns of a few steps, and stand still in between, so that a machine whose speed
drifts still gives a fair figure; ratios are medians over the turns. The pictures are random, which costs the same as
CIFAR-10. Exits with status 1 if a ratio misses its bound. Linux only.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # a script's own folder is on the path, where this file would hide the package `training`
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A
import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from benchmarks.ratio import Ratio
from benchmarks.turns import pause, take_turns
from model.network import CifarResNet, NetworkConfig
from training.data.augmentation import augmentation
from training.data.datamodule import Cifar10DataModule
from training.data.split import Split
from training.fitting.machine import hardware_name, keep_freed_memory, trains_on_gpu
from training.fitting.module import CifarLitModule
from training.fitting.precision import fast_precision
from training.fitting.run_folder import RunFolder
from training.fitting.trainer import build_trainer
from training.recipe import Recipe

RECIPE = Recipe(epochs=1, validation_images=0)
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Measurement:
    """Pictures per second in each turn, the share of the time between two steps, and the peak memory in bytes."""

    images_per_second: list[float]
    waiting: float
    peak_memory: int


@dataclass(frozen=True)
class Plan:
    """How many turns there are, of how many steps, after how many steps to warm up."""

    turns: int
    steps: int
    warm_up: int

    @property
    def total_steps(self) -> int:
        return self.warm_up + self.turns * self.steps


class Stopwatch(pl.Callback):
    """Times the turns, and how long the loop was between two steps: waiting for a batch, mostly.

    After the warm-up and after every turn the process stops itself, until somebody continues it.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.done, self.between = plan, -plan.warm_up, 0.0
        self.turns: list[float] = []
        self.start = self.last_end = 0.0

    def begin_step(self) -> None:
        if self.done >= 0:
            self.between += time.perf_counter() - self.last_end

    def end_step(self) -> None:
        self.done += 1
        if self.done >= 0 and self.done % self.plan.steps == 0:
            synchronise()
            if self.done:
                self.turns.append(time.perf_counter() - self.start)
            pause()
            self.start = time.perf_counter()
        self.last_end = time.perf_counter()

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        self.begin_step()

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self.end_step()

    def measurement(self) -> Measurement:
        speeds = [self.plan.steps * RECIPE.batch_size / seconds for seconds in self.turns]
        if torch.cuda.is_available():
            peak = torch.cuda.max_memory_allocated()
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return Measurement(speeds, self.between / sum(self.turns), peak)


def synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def random_pictures(count: int) -> Split:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return Split(images, generator.integers(0, 10, count).astype(np.uint8))


def measure_fit(plan: Plan) -> Measurement:
    """This repository's run: logs, progress bar, metrics, checkpoints and all."""
    if not trains_on_gpu("auto"):
        keep_freed_memory()
    watch = Stopwatch(plan)
    pictures = random_pictures(plan.total_steps * RECIPE.batch_size)
    data = Cifar10DataModule(pictures, pictures, RECIPE, NetworkConfig().mean)
    with tempfile.TemporaryDirectory() as folder:
        trainer = build_trainer(
            RunFolder(Path(folder)),
            RECIPE,
            steps_per_epoch=len(data.batches),
            accelerator="auto",
            precision=fast_precision("auto"),
        )
        trainer.callbacks.append(watch)  # type: ignore[attr-defined]
        trainer.fit(CifarLitModule(RECIPE, len(data.batches)), data)
        return watch.measurement()


def measure_bare(plan: Plan) -> Measurement:
    """A loop without Lightning, metrics, logs or checkpoints."""
    device = torch.device("cuda" if trains_on_gpu("auto") else "cpu")
    if device.type == "cpu":
        keep_freed_memory()
    watch = Stopwatch(plan)
    pictures = random_pictures(plan.total_steps * RECIPE.batch_size)
    data = Cifar10DataModule(pictures, pictures, RECIPE, NetworkConfig().mean)
    module = CifarLitModule(RECIPE, len(data.batches)).to(device)
    configured: Any = module.configure_optimizers()
    optimizer = configured["optimizer"]
    bf16 = fast_precision("auto") == "bf16-mixed"
    for images, labels in data.train_dataloader():
        watch.begin_step()
        images, labels = images.to(device), labels.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = module.network(images / 255)
        optimizer.zero_grad()
        F.cross_entropy(logits.float(), labels, label_smoothing=RECIPE.label_smoothing).backward()
        optimizer.step()
        watch.end_step()
    return watch.measurement()


class OneByOne(Dataset[tuple[Tensor, int]]):
    """Each picture augmented, scaled and laid out by itself."""

    def __init__(self, split: Split) -> None:
        self.split = split
        pipeline = augmentation(RECIPE, NetworkConfig().mean).transforms
        self.compose = A.Compose([*pipeline, A.Normalize(NetworkConfig().mean, NetworkConfig().std), A.ToTensorV2()])

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.compose(image=self.split.images[index])["image"], int(self.split.labels[index])


class PlainModule(pl.LightningModule):
    """As a tutorial would have it: float32, NCHW, SGD."""

    def __init__(self) -> None:
        super().__init__()
        # The pictures come normalised.
        self.network = CifarResNet(NetworkConfig(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        loss = F.cross_entropy(self.network(batch[0]), batch[1])
        self.log("loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)


def measure_plain(plan: Plan) -> Measurement:
    watch = Stopwatch(plan)
    pictures = random_pictures(plan.total_steps * RECIPE.batch_size)
    loader = DataLoader(OneByOne(pictures), batch_size=RECIPE.batch_size, shuffle=True, drop_last=True)
    trainer = pl.Trainer(max_epochs=1, devices=1, logger=False, enable_checkpointing=False, callbacks=[watch])
    trainer.fit(PlainModule(), loader)
    return watch.measurement()


WAYS: dict[str, Callable[[Plan], Measurement]] = {
    "fit": measure_fit,
    "bare": measure_bare,
    "plain": measure_plain,
}


def measure_in_turns(plan: Plan) -> dict[str, Measurement]:
    """Each way's measurement."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(plan).items()]
    printed = take_turns({way: [sys.executable, __file__, "--way", way, *options] for way in WAYS}, plan.turns)
    return {way: Measurement(**json.loads(output.splitlines()[-1])) for way, output in printed.items()}


def ratios(found: dict[str, Measurement]) -> list[Ratio]:
    fit, bare, plain = (found[way].images_per_second for way in ("fit", "bare", "plain"))

    def against(other: list[float]) -> tuple[float, str]:
        value = statistics.median(ours / theirs for ours, theirs in zip(fit, other, strict=True))
        return value, f"{statistics.median(fit):.0f} / {statistics.median(other):.0f} images/s"

    (against_bare, bare_speeds), (against_plain, plain_speeds) = against(bare), against(plain)
    waiting, memory = found["fit"].waiting, found["fit"].peak_memory
    return [
        Ratio("trainer.fit / bare loop", against_bare, 0.95, False, bare_speeds),
        Ratio("trainer.fit / plain float32 NCHW run", against_plain, 3, False, plain_speeds),
        Ratio("between steps, waiting for batches / time of trainer.fit", waiting, 0.03, True, ""),
        Ratio("peak memory of trainer.fit / 6 GiB", memory / (6 * GIBIBYTE), 1, True, f"{memory / GIBIBYTE:.1f} GiB"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=7, help="of each way (default: 7)")
    parser.add_argument("--steps", type=int, default=3, help="of each turn (default: 3)")
    parser.add_argument("--warm-up", type=int, default=4, help="steps before the first turn (default: 4)")
    parser.add_argument("--way", choices=WAYS, help="measure one way, in this process, which stops itself after turns")
    options = parser.parse_args()
    plan = Plan(options.turns, options.steps, options.warm_up)
    if options.way:
        print("\n" + json.dumps(asdict(WAYS[options.way](plan))))
        return
    print(f"{hardware_name(trains_on_gpu('auto'))}, {fast_precision('auto')}")
    table = ratios(measure_in_turns(plan))
    for ratio in table:
        print(ratio)
    sys.exit(0 if all(ratio.holds for ratio in table) else 1)


if __name__ == "__main__":
    main()
