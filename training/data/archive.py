"""CIFAR-10 as its authors give it: `cifar-10-python.tar.gz`, or the folder `cifar-10-batches-py` in it.

The batches are pickles. They are read by an unpickler that knows arrays of bytes, bytes, words, numbers, lists and
dicts, and nothing that could run.
"""

import io
import pickle
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from model.files.tables import first_lines
from model.network import CIFAR10_CLASSES
from training.data.split import DataError, Split, checked_labels
from training.options import BATCHES_FOLDER

ARCHIVE = "cifar-10-python.tar.gz"
BATCHES = {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)}


def find_batches(place: Path) -> Path | None:
    """The archive, or the folder of the batches: `place` itself, or in it; None if there is neither."""
    if place.is_file():
        return place if tarfile.is_tarfile(place) else None
    for folder in (place, place / BATCHES_FOLDER):
        if any((folder / name).is_file() for names in BATCHES.values() for name in names):
            return folder
    return place / ARCHIVE if (place / ARCHIVE).is_file() else None


def read_batches(found: Path) -> tuple[Split, Split]:
    """The train and test splits. Raises DataError if a batch is missing or damaged, or holds more than arrays."""
    try:
        contents = _from_folder(found) if found.is_dir() else _from_archive(found)
        train, test = (
            _joined([_batch(contents[name], found / name) for name in names]) for names in BATCHES.values()
        )  # fmt: skip
    except KeyError as error:
        raise DataError(f"{found} is damaged or incomplete: it has no {error.args[0]}.") from error
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{found} is damaged or incomplete: {first_lines(error)}") from error
    return train, test


def _from_folder(folder: Path) -> dict[str, bytes]:
    names = [name for names in BATCHES.values() for name in names]
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def _from_archive(archive: Path) -> dict[str, bytes]:
    names = {name for names in BATCHES.values() for name in names}
    contents = {}
    with tarfile.open(archive) as tar:  # nothing is unpacked onto the disk
        for each in tar:  # read as it comes by: to go back is to decompress all again
            name = PurePosixPath(each.name).name
            if name in names and each.isfile() and (file := tar.extractfile(each)):
                contents[name] = file.read()
    return contents


def _joined(splits: list[Split]) -> Split:
    return Split(np.concatenate([each.images for each in splits]), np.concatenate([each.labels for each in splits]))


def _batch(content: bytes, where: Path) -> Split:
    try:
        batch = load_arrays(content)
    except Exception as error:  # a damaged pickle makes its reader raise nearly anything
        raise DataError(f"{where} is damaged or incomplete: {first_lines(error) or type(error).__name__}") from error
    entries = batch if isinstance(batch, dict) else {}
    pixels, labels = (entries.get(name, entries.get(name.encode())) for name in ("data", "labels"))
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != 3072:
        raise DataError(f"{where} is damaged or incomplete: it holds no pictures of 3 x 32 x 32 bytes.")
    if not isinstance(labels, list) or len(labels) != len(pixels):
        raise DataError(f"{where} is damaged or incomplete: it does not hold a label for each picture.")
    images = np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return Split(images, checked_labels(np.array(labels), len(CIFAR10_CLASSES), where))


def load_arrays(content: bytes) -> Any:
    """What a pickle of arrays of bytes, bytes, words, numbers, lists and dicts holds.

    Raises pickle.UnpicklingError for one that names anything else, before that is touched; whatever a damaged one makes
    its reader raise.
    """
    return _ArraysOnly(io.BytesIO(content), encoding="latin1").load()


def _bytes_of(text: str, encoding: str) -> bytes:
    """What Python 3 writes for bytes where a pickle must be readable by Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {encoding} are not expected")
    return text.encode(encoding)


class _PlainArray:
    """Stands for numpy.ndarray, which would make arrays of any size."""


class _ByteType:
    """Stands for numpy.dtype, of which a file could say that bytes are pointers: numpy believes it."""

    def __setstate__(self, state: object) -> None:
        """A byte's has nothing to say."""


def _byte_type(kind: object, *_: object) -> _ByteType:
    if kind not in ("u1", "uint8"):
        raise pickle.UnpicklingError(f"it holds an array of {kind}, and only arrays of bytes are read")
    return _ByteType()


class _ByteArray(np.ndarray):
    """An array that takes no state but shape and bytes."""

    def __setstate__(self, state: Any) -> None:
        version, shape, kind, by_columns, content = state
        if not isinstance(kind, _ByteType) or not all(isinstance(each, int) and each >= 0 for each in shape):
            raise pickle.UnpicklingError("only plain arrays of bytes are expected")
        super().__setstate__((version, shape, np.dtype(np.uint8), by_columns, content))


def _empty_array(kind: type, shape: tuple[int, ...], dtype: object) -> np.ndarray:
    """As numpy's `_reconstruct`: an array that its state then fills."""
    if kind is not _PlainArray or shape != (0,):
        raise pickle.UnpicklingError("only plain arrays are expected")
    return np.ndarray((0,), np.uint8).view(_ByteArray)


class _ArraysOnly(pickle.Unpickler):
    KNOWN: dict[tuple[str, str], Callable[..., Any]] = {  # noqa: RUF012 - nobody changes it
        ("numpy.core.multiarray", "_reconstruct"): _empty_array,
        ("numpy._core.multiarray", "_reconstruct"): _empty_array,
        ("numpy", "ndarray"): _PlainArray,
        ("numpy", "dtype"): _byte_type,
        ("_codecs", "encode"): _bytes_of,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}, and only arrays and plain values are read")
        return self.KNOWN[module, name]
