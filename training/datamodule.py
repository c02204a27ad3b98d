"""CIFAR-10 as Lightning wants it: batches that are a pure function of (seed, epoch, step)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from training.augmentation import augment_batch, augmentation
from training.cifar10 import DataError, Split, split_validation
from training.recipe import Recipe

Batch = Sequence[Tensor]  # images, labels: a tuple, of which DataLoader makes a list


class ShuffledBatches(Sampler[tuple[int, list[int]]]):
    """Every picture once per epoch in an order of its own, in whole batches; the remainder is dropped.

    Yields (augmentation seed, indices). Both follow from (seed, epoch, step) alone, so a resumed run sees exactly what
    an uninterrupted one would have seen, whatever the number of worker processes.
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if batch_size > count:
            raise DataError(f"A batch of {batch_size} is larger than the {count} training pictures.")
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.epoch = 0
        self.first_step = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count // self.batch_size

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        first_step, self.first_step = self.first_step, 0
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.count)
        for step in range(first_step, len(self)):
            augmentation_seed = np.random.SeedSequence((self.seed, self.epoch, step)).generate_state(1)[0]
            yield int(augmentation_seed), order[step * self.batch_size : (step + 1) * self.batch_size].tolist()


class AugmentedBatches(Dataset[Batch]):
    """Whole batches by (augmentation seed, indices): uint8 (batch, 3, 32, 32) in channels_last, int64 labels."""

    def __init__(self, split: Split, recipe: Recipe, mean: tuple[float, float, float]) -> None:
        self.split = split
        self.compose = augmentation(recipe, mean)

    def __getitem__(self, key: tuple[int, list[int]]) -> Batch:
        seed, indices = key
        images = augment_batch(self.compose, self.split.images[indices], seed)
        return _tensors(images, self.split.labels[indices])


class PlainBatches(Dataset[Batch]):
    """Consecutive batches of unchanged pictures, the last one possibly smaller."""

    def __init__(self, split: Split, batch_size: int) -> None:
        self.split, self.batch_size = split, batch_size

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return _tensors(self.split.images[rows], self.split.labels[rows])


def _tensors(images: np.ndarray, labels: np.ndarray) -> Batch:
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels.astype(np.int64))


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
    """Training (shuffled, augmented), validation and test loaders (neither shuffled nor augmented)."""

    def __init__(
        self, train: Split, test: Split, recipe: Recipe, mean: tuple[float, float, float], num_workers: int = 0
    ) -> None:
        super().__init__()
        self.train, self.validation = split_validation(train, recipe.validation_images, recipe.seed)
        self.test = test
        self.recipe = recipe
        self.mean = mean
        self.num_workers = num_workers
        self.batches = ShuffledBatches(len(self.train), recipe.batch_size, recipe.seed)

    def train_dataloader(self) -> ResumableLoader:
        dataset = AugmentedBatches(self.train, self.recipe, self.mean)
        return ResumableLoader(
            dataset, self.batches, num_workers=self.num_workers, persistent_workers=self.num_workers > 0
        )

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(PlainBatches(self.validation, self.recipe.batch_size), batch_size=None)

    def test_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(PlainBatches(self.test, self.recipe.batch_size), batch_size=None)
