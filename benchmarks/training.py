"""Training speed as ratios, measured in turns: `python benchmarks/training.py` (about six minutes on two CPU cores).

Three ways to train the same network, each in a process of its own: this repository's `trainer.fit`; a bare PyTorch loop
with the same precision, memory layout, optimiser and augmentation; and a plain Lightning run in float32 NCHW with SGD,
augmenting picture by picture. Ratios are medians over rounds. The pictures are random, which costs the same as
CIFAR-10. Exits with status 1 if a ratio misses its bound.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
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
from model.network import CifarResNet, NetworkConfig
from training.allocator import keep_freed_memory
from training.augmentation import augmentation
from training.cifar10 import Split
from training.datamodule import Cifar10DataModule
from training.hardware import fast_precision, hardware_name, trains_on_gpu
from training.module import CifarLitModule
from training.recipe import Recipe
from training.run import RunFolder, build_trainer

RECIPE = Recipe(epochs=1, validation_images=0)
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Measurement:
    """Training pictures per second, the share of the time between two steps, and the peak memory in bytes."""

    images_per_second: float
    waiting: float
    peak_memory: int


class Stopwatch(pl.Callback):
    """Times the steps after the first few, and how long the loop was between them: waiting for a batch, mostly."""

    def __init__(self, warm_up: int) -> None:
        self.warm_up, self.steps, self.between = warm_up, 0, 0.0
        self.start = self.last_end = 0.0

    def begin_step(self) -> None:
        if self.steps >= self.warm_up:
            self.between += time.perf_counter() - self.last_end

    def end_step(self) -> None:
        self.steps += 1
        if self.steps == self.warm_up:
            synchronise()
            self.start = time.perf_counter()
        self.last_end = time.perf_counter()

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        self.begin_step()

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self.end_step()

    def measurement(self) -> Measurement:
        synchronise()
        elapsed = time.perf_counter() - self.start
        speed = (self.steps - self.warm_up) * RECIPE.batch_size / elapsed
        if torch.cuda.is_available():
            return Measurement(speed, self.between / elapsed, torch.cuda.max_memory_allocated())
        return Measurement(speed, self.between / elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def random_pictures(count: int) -> Split:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return Split(images, generator.integers(0, 10, count).astype(np.uint8))


def measure_fit(steps: int, warm_up: int) -> Measurement:
    """This repository's run: logs, progress bar, metrics, checkpoints and all."""
    if not trains_on_gpu("auto"):
        keep_freed_memory()
    watch = Stopwatch(warm_up)
    pictures = random_pictures((steps + warm_up) * RECIPE.batch_size)
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


def measure_bare(steps: int, warm_up: int) -> Measurement:
    """A loop without Lightning, metrics, logs or checkpoints."""
    device = torch.device("cuda" if trains_on_gpu("auto") else "cpu")
    if device.type == "cpu":
        keep_freed_memory()
    watch = Stopwatch(warm_up)
    pictures = random_pictures((steps + warm_up) * RECIPE.batch_size)
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


def measure_plain(steps: int, warm_up: int) -> Measurement:
    watch = Stopwatch(warm_up)
    pictures = random_pictures((steps + warm_up) * RECIPE.batch_size)
    loader = DataLoader(OneByOne(pictures), batch_size=RECIPE.batch_size, shuffle=True, drop_last=True)
    trainer = pl.Trainer(max_epochs=1, devices=1, logger=False, enable_checkpointing=False, callbacks=[watch])
    trainer.fit(PlainModule(), loader)
    return watch.measurement()


WAYS: dict[str, Callable[[int, int], Measurement]] = {
    "fit": measure_fit,
    "bare": measure_bare,
    "plain": measure_plain,
}


def measured(way: str, options: argparse.Namespace) -> Measurement:
    """The measurement of one way, in a process of its own."""
    arguments = ["--way", way, "--steps", str(options.steps), "--warm-up", str(options.warm_up)]
    result = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{way} failed:\n{result.stderr}")
    return Measurement(**json.loads(result.stdout.splitlines()[-1]))


def ratios(rounds: list[dict[str, Measurement]]) -> list[Ratio]:
    def median(value: Callable[[dict[str, Measurement]], float]) -> float:
        return statistics.median(value(each) for each in rounds)

    fit, bare, plain = (
        median(lambda each, way=way: each[way].images_per_second)  # type: ignore[misc]
        for way in ("fit", "bare", "plain")
    )
    against_bare = median(lambda each: each["fit"].images_per_second / each["bare"].images_per_second)
    against_plain = median(lambda each: each["fit"].images_per_second / each["plain"].images_per_second)
    waiting, memory = median(lambda each: each["fit"].waiting), max(each["fit"].peak_memory for each in rounds)
    return [
        Ratio("trainer.fit / bare loop", against_bare, 0.95, False, f"{fit:.0f} / {bare:.0f} images/s"),
        Ratio("trainer.fit / plain float32 NCHW run", against_plain, 3, False, f"{fit:.0f} / {plain:.0f} images/s"),
        Ratio("between steps, waiting for batches / time of trainer.fit", waiting, 0.03, True, ""),
        Ratio("peak memory of trainer.fit / 6 GiB", memory / (6 * GIBIBYTE), 1, True, f"{memory / GIBIBYTE:.1f} GiB"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of one measurement of each way (default: 3)")
    parser.add_argument("--steps", type=int, default=12, help="timed steps of each measurement (default: 12)")
    parser.add_argument("--warm-up", type=int, default=4, help="steps before those (default: 4)")
    parser.add_argument("--way", choices=WAYS, help="measure one way, in this process, and print JSON")
    options = parser.parse_args()
    if options.way:
        print("\n" + json.dumps(asdict(WAYS[options.way](options.steps, options.warm_up))))
        return
    print(f"{hardware_name(trains_on_gpu('auto'))}, {fast_precision('auto')}")
    table = ratios([{way: measured(way, options) for way in WAYS} for _ in range(options.rounds)])
    for ratio in table:
        print(ratio)
    sys.exit(0 if all(ratio.holds for ratio in table) else 1)


if __name__ == "__main__":
    main()
