"""Data sets of picture files: a folder for each class, with or without `train/` and `test/` around them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from model.images import ImageError, prepare
from training.data.parquet import TEST_NAMES, ReadData
from training.data.split import DataError, Split

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif"})


def has_class_folders(folder: Path) -> bool:
    return folder.is_dir() and bool(_split_folders(folder) or _classes(folder))


def read_class_folders(folder: Path) -> ReadData:
    """Reads a data set; classes are in the order of their folders' names. Raises DataError, naming what is wrong."""
    if not (found := _split_folders(folder)):
        train, names = _read(folder, _classes(folder))
        return ReadData(train, None, names)
    train_folder, test_folder = found
    train, names = _read(train_folder, classes := _classes(train_folder))
    if test_folder is None:
        return ReadData(train, None, names)
    if unknown := sorted(_classes(test_folder).keys() - classes.keys()):
        raise DataError(f"{test_folder} has the class {unknown[0]!r}, which {train_folder} has not.")
    return ReadData(train, _read(test_folder, {name: test_folder / name for name in classes})[0], names)


def _split_folders(folder: Path) -> tuple[Path, Path | None] | None:
    """`train/` and what stands for `test/`; None if `folder` has no such parts. A class may be called train."""
    parts = {each.name.lower(): each for each in _folders(folder)}
    train = parts.get("train", parts.get("training"))
    if train is None or any(_files(train, deep=False)) or not _classes(train):
        return None
    test = next((parts[name] for name in TEST_NAMES if name in parts and _classes(parts[name])), None)
    return train, test


def _folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _classes(folder: Path) -> dict[str, Path]:
    """By name, the folders in which there are pictures, at any depth."""
    return {each.name: each for each in _folders(folder) if any(_files(each))}


def _files(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    if folder.is_dir():
        found = folder.rglob("*") if deep else folder.iterdir()
        yield from (each for each in found if each.suffix.lower() in ENDINGS and not each.name.startswith("."))


def _read(folder: Path, classes: dict[str, Path]) -> tuple[Split, tuple[str, ...]]:
    images, labels = [], []
    for label, each in enumerate(classes.values()):
        for path in sorted(_files(each)):
            try:
                images.append(prepare(path))
            except ImageError as error:
                raise DataError(f"Could not read {path}: {error}") from error
            labels.append(min(label, 255))  # that there are too many classes is for others to say
    if not images:
        raise DataError(f"There are no pictures in {folder}.")
    return Split(np.stack(images), np.array(labels, np.uint8)), tuple(classes)
