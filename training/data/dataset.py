"""The data that a run is made from: CIFAR-10, an excerpt of it, or pictures of the trainer's own classes."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from model.files.json_fields import plain
from model.metrics import CIFAR10, EXCERPT, OWN, DataFigures
from model.network import ConfigError, NetworkConfig
from training.data import cifar10
from training.data.class_folders import has_class_folders, read_class_folders
from training.data.parquet import ReadData, find_parquet, read_parquet
from training.data.split import MOST_CLASSES, DataError, Split
from training.options import SUBSET_MARKER, is_marked_excerpt

logger = logging.getLogger("training")

TEST_SHARE, TEST_SEED = 0.2, 0
LEAST_STD = 1 / 255  # of a channel that hardly varies


@dataclass(frozen=True)
class DataSet:
    """Training images (those that a run will hold out too), test images, and what the classes are called.

    `config` also holds the training images' mean and std, per RGB channel; CIFAR-10's own for an excerpt of it.
    """

    train: Split
    test: Split
    config: NetworkConfig
    about: DataFigures

    @property
    def is_whole_cifar10(self) -> bool:
        return self.about.kind == CIFAR10

    def facts(self) -> dict[str, object]:
        """What a run notes of its data, so that it is resumed on no other."""
        digest = hashlib.sha256()
        for each in (self.train, self.test):
            digest.update(np.ascontiguousarray(each.images).data)
            digest.update(each.labels.tobytes())
        return {"data": plain(self.about), "data_sha256": digest.hexdigest()}


def load_data_set(data_dir: str | Path | None = None) -> DataSet:
    """What `data_dir` (else the environment's `CIFAR10_DIR`, else the Hub) holds: CIFAR-10, as `cifar10.load_cifar10`
    finds it, or classes of one's own: a folder for each, with or without `train/` and `test/` around them, or Parquet
    files.

    Without test pictures of their own, a fixed share of each class is held out as such. Raises DataError.
    """
    place = cifar10.place_of(data_dir)
    if place is None:
        return _cifar10(cifar10.from_hub(), excerpt=False)
    if (splits := cifar10.batches_at(place)) is not None:
        return _cifar10(splits, excerpt=is_marked_excerpt(place))
    if files := find_parquet(place):
        found = read_parquet(files, place)
        if cifar10.claims_to_be_cifar10(place, found):
            return _cifar10(cifar10.verified(place, found), excerpt=is_marked_excerpt(place))
        return _own(place, found)
    if has_class_folders(place):
        if is_marked_excerpt(place):
            raise DataError(
                f"{place} is marked as an excerpt of CIFAR-10 by the file {SUBSET_MARKER}, but holds folders "
                "of pictures; remove the file to train on classes of your own."
            )
        return _own(place, read_class_folders(place))
    raise DataError(
        f"No CIFAR-10 in {place}, and no other data: expected {cifar10.LAYOUTS}; or, of your own classes, a folder of "
        "pictures for each, or Parquet files with pictures and labels."
    )


def _cifar10(splits: cifar10.Splits, *, excerpt: bool) -> DataSet:
    train, test = splits
    about = DataFigures(EXCERPT if excerpt else CIFAR10, "CIFAR-10")
    return DataSet(train, test, NetworkConfig(), about)


def _own(place: Path, found: ReadData) -> DataSet:
    train, test, held_out = found.train, found.test, None
    count = 1 + max(int(each.labels.max(initial=0)) for each in (train, test) if each is not None)
    names = found.class_names or tuple(str(number) for number in range(count))
    _check_classes(place, train, names)
    if test is None:
        train, test = _hold_out_test(train, names)
        held_out = TEST_SHARE
        logger.info(
            "%s has no test pictures of their own: %s of each class are held out (seed %d), %s of %s pictures",
            place, f"{TEST_SHARE:.0%}", TEST_SEED, f"{len(test):,}", f"{len(train) + len(test):,}",
        )  # fmt: skip
    if not len(test):
        raise DataError(f"{place} has no test pictures.")
    statistics = channel_statistics(train.images)
    (red, green, blue), spreads = statistics["mean"].tolist(), np.maximum(statistics["std"], LEAST_STD).tolist()
    try:
        config = NetworkConfig(class_names=names, mean=(red, green, blue), std=(spreads[0], spreads[1], spreads[2]))
    except ConfigError as error:
        raise DataError(f"{place} cannot be trained on: {error}.") from error
    logger.info(
        "%s: %d classes (%s), %s training and %s test pictures", place, len(names), ", ".join(names),
        f"{len(train):,}", f"{len(test):,}",
    )  # fmt: skip
    if repeated := _in_both(train, test):
        logger.warning("%s of the test pictures are among the training pictures too", f"{repeated:,}")
    called = place.stem if place.is_file() else place.resolve().name
    return DataSet(train, test, config, DataFigures(OWN, called, test_share=held_out))


def _check_classes(place: Path, train: Split, names: tuple[str, ...]) -> None:
    if not 2 <= len(names) <= MOST_CLASSES:
        raise DataError(
            f"{place} has {len(names)} class{'' if len(names) == 1 else 'es'}; from 2 to {MOST_CLASSES} are needed."
        )
    counts = np.bincount(train.labels, minlength=len(names))
    if empty := [name for name, count in zip(names, counts, strict=True) if not count]:
        raise DataError(f"{place} has no training pictures of the class {empty[0]!r}.")


def _hold_out_test(train: Split, names: tuple[str, ...]) -> tuple[Split, Split]:
    """A share of each class, at least one picture, drawn from a fixed seed. Raises DataError for a class of one."""
    order = np.random.default_rng(TEST_SEED).permutation(len(train))
    held_out = []
    for label, name in enumerate(names):
        rows = order[train.labels[order] == label]
        if len(rows) < 2:
            raise DataError(f"The class {name!r} has 1 picture: at least 2 are needed, to train on and to test with.")
        held_out.append(rows[: max(1, round(TEST_SHARE * len(rows)))])
    test = np.sort(np.concatenate(held_out))
    return train.take(np.setdiff1d(np.arange(len(train)), test)), train.take(test)


def channel_statistics(images: UInt8[np.ndarray, "count 32 32 3"]) -> dict[str, np.ndarray]:
    """Per RGB channel, of pixel values in [0, 1]: min, max, mean, std and var (both of the population)."""
    counts = np.stack([np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(3)])
    values = np.arange(256) / 255
    present = counts > 0
    mean = counts @ values / counts.sum(axis=1)
    var = (counts * (values - mean[:, None]) ** 2).sum(axis=1) / counts.sum(axis=1)
    return {
        "min": present.argmax(axis=1) / 255,
        "max": (255 - present[:, ::-1].argmax(axis=1)) / 255,
        "mean": mean,
        "std": np.sqrt(var),
        "var": var,
    }


def _in_both(train: Split, test: Split) -> int:
    """How many test images are training images too."""
    known = {image.tobytes() for image in train.images}
    return sum(image.tobytes() in known for image in test.images)
