"""A data set as Lightning wants it: batches that are a pure function of (seed, epoch, step)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
from jaxtyping import Bool, Integer, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from training.data.augmentation import BatchAugmentation, augmentation
from training.data.split import DataError, Split, split_validation
from training.recipe import Recipe

Batch = Sequence[Tensor]  # images, labels: a tuple, of which DataLoader makes a list
CPU = torch.device("cpu")


class BatchPlan(NamedTuple):
    """One training batch, or one process's share of it."""

    seed: tuple[int, ...]
    indices: Integer[np.ndarray, "batch"]
    mirrored: Bool[np.ndarray, "batch"]


class ShuffledBatches(Sampler[BatchPlan]):
    """Every image once per epoch in an order of its own, in whole batches; the remainder is dropped.

    All follows from (seed, epoch, step) alone, so a resumed run sees exactly what an uninterrupted one would have seen.
    Of several processes, each takes every so many-th image of each batch (`share_with`).

    Half of the images are mirrored in the first epoch, the others in the second, and so on in turn, so that in two
    epochs the network sees each both ways (K. Jordan 2024, https://arxiv.org/abs/2404.00498, section 3.6).
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if batch_size > count:
            raise DataError(
                f"A batch of {batch_size} is larger than the {count} training pictures; choose a smaller --batch-size."
            )
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.epoch = 0
        self.first_step = 0
        self.rank, self.processes = 0, 1

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def share_with(self, processes: int, rank: int) -> None:
        """Leaves this process its share of each batch. Raises DataError if a batch cannot be shared out evenly."""
        if self.batch_size % processes:
            raise DataError(
                f"A batch of {self.batch_size} cannot be shared evenly by {processes} processes; choose another "
                "--batch-size, or other --devices and --num-nodes."
            )
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return self.count // self.batch_size

    def __iter__(self) -> Iterator[BatchPlan]:
        first_step, self.first_step = self.first_step, 0
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.count)
        coins = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(1,)))
        mirrored = (coins.integers(2, size=self.count) + self.epoch) % 2 == 1
        for step in range(first_step, len(self)):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            indices = batch[self.rank :: self.processes]
            yield BatchPlan((self.seed, self.epoch, step, self.rank), indices, mirrored[indices])


class AugmentedBatches(Dataset[Batch]):
    """Batches by their plan: uint8 (batch, 3, 32, 32) in channels_last and int64 labels, on the device of their own."""

    def __init__(
        self, split: Split, recipe: Recipe, mean: tuple[float, float, float], device: torch.device = CPU
    ) -> None:
        self.images, self.labels = _tensors(split, device)
        self.augment = BatchAugmentation(augmentation(recipe, mean))

    def __getitem__(self, plan: BatchPlan) -> Batch:
        parameters = self.augment.draw(np.random.default_rng(plan.seed), plan.mirrored)
        indices = torch.from_numpy(plan.indices).to(self.images.device)
        return self.augment(self.images[indices], parameters).permute(0, 3, 1, 2), self.labels[indices]


class PlainBatches(Dataset[Batch]):
    """Consecutive batches of unchanged images, the last one possibly smaller."""

    def __init__(self, split: Split, batch_size: int, device: torch.device = CPU) -> None:
        self.images, self.labels = _tensors(split, device)
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.images[rows].permute(0, 3, 1, 2), self.labels[rows]


def _tensors(split: Split, device: torch.device) -> tuple[UInt8[Tensor, "count 32 32 3"], Integer[Tensor, "count"]]:
    return torch.from_numpy(split.images).to(device), torch.from_numpy(split.labels.astype(np.int64)).to(device)


class ResumableLoader(DataLoader[Batch]):
    """A loader that remembers how far into the epoch it has come, so that a run can resume between two batches."""

    def __init__(self, dataset: Dataset[Batch], batches: ShuffledBatches, **options: Any) -> None:
        super().__init__(dataset, sampler=batches, batch_size=None, **options)
        self.position = 0
        self.batches = batches

    def __iter__(self) -> Any:
        self.position = self.batches.first_step
        for batch in super().__iter__():
            self.position += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.batches.first_step = state["position"]


class Cifar10DataModule(pl.LightningDataModule):
    """Training (shuffled, augmented), validation and test loaders (neither shuffled nor augmented).

    The whole data set lies on the device that trains, and is augmented there: no worker processes, no copying.
    `whole_train` keeps all training images, those held out too, in the data set's own order.
    """

    def __init__(self, train: Split, test: Split, recipe: Recipe, mean: tuple[float, float, float]) -> None:
        super().__init__()
        self.whole_train = train
        self.train, self.validation = split_validation(train, recipe.validation_images, recipe.seed)
        self.test = test
        self.recipe = recipe
        self.mean = mean
        self.batches = ShuffledBatches(len(self.train), recipe.batch_size, recipe.seed)

    @property
    def device(self) -> torch.device:
        return self.trainer.strategy.root_device if self.trainer else CPU

    def train_dataloader(self) -> ResumableLoader:
        if self.trainer:
            self.batches.share_with(self.trainer.world_size, self.trainer.global_rank)
        return ResumableLoader(AugmentedBatches(self.train, self.recipe, self.mean, self.device), self.batches)

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(PlainBatches(self.validation, self.recipe.batch_size, self.device), batch_size=None)

    def test_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(PlainBatches(self.test, self.recipe.batch_size, self.device), batch_size=None)
