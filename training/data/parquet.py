"""Data sets in Parquet files: a column of pictures, as the Hub's data sets have them, and one of labels."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt8

from model.files.tables import first_lines
from model.images import ImageError, prepare
from training.data.split import MOST_CLASSES, DataError, Split, checked_labels

LABELS = ("label", "labels", "class", "class_name", "category", "target", "fine_label", "y")
TEST_NAMES = ("test", "validation", "valid", "val")


@dataclass(frozen=True)
class ReadData:
    """A data set as it was found. `test` is None if nothing says what is test and what is training data; `class_names`
    if labels are numbers without names."""

    train: Split
    test: Split | None
    class_names: tuple[str, ...] | None


@dataclass(frozen=True)
class _Table:
    images: UInt8[np.ndarray, "count 32 32 3"]
    labels: np.ndarray
    class_names: tuple[str, ...] | None
    where: Path


def find_parquet(place: Path) -> list[Path]:
    """`place` itself, or the Parquet files in it and in folders below."""
    if place.is_file():
        return [place] if place.suffix == ".parquet" else []
    return sorted(path for path in place.rglob("*.parquet") if path.is_file())


def by_split(files: list[Path], place: Path) -> tuple[list[Path], list[Path]]:
    """Files of training and of test data, by the words in their names and in those of folders below `place`.

    Files that say neither are training data, unless others say that they are.
    """
    said = {path: _words(path.relative_to(place) if path != place else Path(path.name)) for path in files}
    train = [path for path in files if "train" in said[path]]
    for name in TEST_NAMES:
        if test := [path for path in files if name in said[path] and path not in train]:
            return train or [path for path in files if not said[path] & set(TEST_NAMES)], test
    return train or files, []


def _words(path: Path) -> set[str]:
    text = str(path.with_suffix("")).lower()
    return set("".join(each if each.isalnum() else " " for each in text).split())


def read_parquet(files: list[Path], place: Path) -> ReadData:
    """Reads a data set. Raises DataError, naming the file and the picture, if it cannot be read."""
    train_files, test_files = by_split(files, place)
    if not train_files:
        raise DataError(f"{place} has pictures to test with, but none to train on: no file says train.")
    tables = {path: _read(path) for path in (*train_files, *test_files)}
    first = tables[train_files[0]]
    for each in tables.values():
        if each.class_names != first.class_names:
            raise DataError(f"{each.where} names other classes than {first.where}.")
    names, found = _class_names(tables, train_files)
    train, test = (_split([tables[path] for path in paths], found) for paths in (train_files, test_files))
    return ReadData(train, test if test_files else None, names)


def _class_names(tables: dict[Path, _Table], train_files: list[Path]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The names that the data gives its classes (None: it gives none), and those to look labels up by."""
    first = tables[train_files[0]]
    if first.class_names is not None:
        return first.class_names, first.class_names
    if first.labels.dtype.kind == "U":
        names = tuple(sorted({str(each) for path in train_files for each in tables[path].labels}))
        return names, names
    numbers = [each for each in tables.values() if each.labels.dtype.kind != "U"]
    highest = max(int(checked_labels(each.labels, MOST_CLASSES, each.where).max(initial=0)) for each in numbers)
    return None, tuple(str(number) for number in range(highest + 1))


def _split(tables: list[_Table], names: tuple[str, ...]) -> Split:
    if not tables:
        return Split(np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, np.uint8))
    labels = [_numbered(each, names) for each in tables]
    return Split(np.concatenate([each.images for each in tables]), np.concatenate(labels))


def _numbered(table: _Table, names: tuple[str, ...]) -> UInt8[np.ndarray, "count"]:
    if table.labels.dtype.kind != "U":
        return checked_labels(table.labels, len(names), table.where)
    if unknown := sorted(set(table.labels.tolist()) - set(names)):
        raise DataError(f"{table.where} has the label {unknown[0]!r}, of which there are no training pictures.")
    return np.array([names.index(each) for each in table.labels.tolist()], np.uint8)


def _read(path: Path) -> _Table:
    try:
        table = pq.ParquetFile(path).read()
        pictures, labels = _picture_column(table, path), _label_column(table, path)
        return _Table(_pictures(table, pictures, path), _labels(table, labels, path), _names(table, labels), path)
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise DataError(f"Could not read the pictures from {path}: {first_lines(error)}") from error


def _picture_column(table: pa.Table, path: Path) -> str:
    """The first column of encoded pictures: bytes, or the Hub's pairs of bytes and path."""
    for field in table.schema:
        kind = field.type
        if pa.types.is_struct(kind):
            kind = next((each.type for each in kind if each.name == "bytes"), None)
        if kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            return field.name
    raise DataError(f"{path} has no column of pictures; it has {', '.join(table.column_names)}.")


def _label_column(table: pa.Table, path: Path) -> str:
    names = {name.lower(): name for name in reversed(table.column_names)}
    for name in LABELS:
        if name in names:
            return names[name]
    raise DataError(f"{path} has no column of labels ({', '.join(LABELS)}); it has {', '.join(table.column_names)}.")


def _pictures(table: pa.Table, name: str, path: Path) -> UInt8[np.ndarray, "count 32 32 3"]:
    images = np.zeros((len(table), 32, 32, 3), np.uint8)
    for row, value in enumerate(table.column(name)):
        cell = value.as_py()
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if not content:
            raise DataError(f"Picture {row} in {path} has no bytes.")
        try:
            images[row] = prepare(content)
        except ImageError as error:
            raise DataError(f"Could not read picture {row} in {path}: {error}") from error
    return images


def _labels(table: pa.Table, name: str, path: Path) -> np.ndarray:
    """Numbers as they are, words as strings."""
    column = table.column(name).combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(f"Picture {row} in {path} has no label.")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), np.str_)
    return column.to_numpy(zero_copy_only=False)


def _names(table: pa.Table, name: str) -> tuple[str, ...] | None:
    """The classes' names that the Hub's data sets keep in the file; None if it does not say."""
    try:
        features = json.loads((table.schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[name]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) else None
