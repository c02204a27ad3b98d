"""CIFAR-10: where its files may be, and the proof that what was read is CIFAR-10, whole or an excerpt."""

import hashlib
import logging
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt32

from model.network import CIFAR10_CLASSES
from training.data.archive import ARCHIVE, find_batches, read_batches
from training.data.parquet import ReadData, find_parquet, read_parquet
from training.data.split import DataError, Split
from training.options import BATCHES_FOLDER, SUBSET_MARKER, is_marked_excerpt, named_place

logger = logging.getLogger(__name__)

HUB_DATASET = "uoft-cs/cifar10"
HUB_REVISION = "0b2714987fa478483af9968de7c934580d0bb9a2"
PARQUET_FILES = {
    "train": "plain_text/train-00000-of-00001.parquet",
    "test": "plain_text/test-00000-of-00001.parquet",
}
SIZES = {"train": 50_000, "test": 10_000}
SHA256 = {
    "train": (
        "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
        "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    ),
    "test": (
        "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
        "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
    ),
}
# Four bytes of the SHA-256 of each picture with its label: the 50,000 training pictures', then the test pictures'.
FINGERPRINTS = Path(__file__).with_name("cifar10_pictures.bin")
Splits = tuple[Split, Split]


def load_cifar10(data_dir: str | Path | None = None) -> Splits:
    """The train and test splits of CIFAR-10, verified by SHA-256, or of an excerpt of it.

    `data_dir` (else the environment's `CIFAR10_DIR`) is, or holds, `cifar-10-python.tar.gz`, `cifar-10-batches-py`, or
    Parquet files. Without one, the files come from the Hub, at a pinned revision. A folder with a file called SUBSET is
    a deliberate excerpt: each of its pictures must be one of CIFAR-10's.

    Raises DataError, saying what to do, if there is no data or if it is not CIFAR-10.
    """
    place = place_of(data_dir)
    if place is None:
        return from_hub()
    if (splits := batches_at(place)) is not None:
        return splits
    if files := find_parquet(place):
        return verified(place, read_parquet(files, place))
    raise DataError(f"No CIFAR-10 in {place}: expected {LAYOUTS}.")


LAYOUTS = f"{ARCHIVE}, a folder {BATCHES_FOLDER}, or Parquet files such as {PARQUET_FILES['train']}"


def place_of(data_dir: str | Path | None) -> Path | None:
    """The file or folder that was named, here or in CIFAR10_DIR; None: the Hub. Raises DataError if it is not there."""
    place = named_place(data_dir)
    if place is not None and not place.exists():
        raise DataError(f"No data in {place}: there is no such file or folder.")
    return place


def from_hub() -> Splits:
    """CIFAR-10 from the Hub. Raises DataError."""
    files = [_download(name) for name in PARQUET_FILES]
    found = read_parquet(files, files[0].parent)
    assert found.test is not None
    return _whole(found.train, found.test)


def batches_at(place: Path) -> Splits | None:
    """CIFAR-10 from its authors' files, verified; None if there are none. Raises DataError."""
    found = find_batches(place)
    if found is None:
        return None
    train, test = read_batches(found)
    return _excerpt(place, train, test) if is_marked_excerpt(place) else _whole(train, test)


def verified(place: Path, found: ReadData) -> Splits:
    """What was read from Parquet files, if it is CIFAR-10 or an excerpt of it. Raises DataError if it is not."""
    if found.test is None:
        raise DataError(f"{place} is not CIFAR-10: it has no test pictures of their own.")
    if is_marked_excerpt(place):
        if found.class_names not in (None, CIFAR10_CLASSES):
            raise DataError(
                f"{place} is marked as an excerpt of CIFAR-10 by the file {SUBSET_MARKER}, but has other classes "
                f"({', '.join(found.class_names or ())}); remove the file to train on classes of your own."
            )
        return _excerpt(place, found.train, found.test)
    return _whole(found.train, found.test)


def claims_to_be_cifar10(place: Path, found: ReadData) -> bool:
    """Whether data must be held against CIFAR-10's hashes, so that a damaged CIFAR-10 does not pass for other data: by
    its mark, its place and its classes, or its classes and its size; and whether it is CIFAR-10 without saying so."""
    if is_marked_excerpt(place):
        return True
    if found.test is None:
        return False
    in_place = place.is_dir() and (place / PARQUET_FILES["train"]).exists()
    if in_place and found.class_names in (None, CIFAR10_CLASSES):
        return True
    sizes = (len(found.train), len(found.test)) == tuple(SIZES.values())
    return sizes and (found.class_names == CIFAR10_CLASSES or is_whole_test_set(found.test))


def is_whole_test_set(test: Split) -> bool:
    """Whether these are CIFAR-10's test pictures, all of them, with their labels."""
    return len(test) == SIZES["test"] and _sha256s(test) == SHA256["test"]


def _download(name: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from huggingface_hub.utils import httpx

    try:
        return Path(hf_hub_download(HUB_DATASET, PARQUET_FILES[name], repo_type="dataset", revision=HUB_REVISION))
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.TransportError, OSError) as error:
        raise DataError(
            f"Could not download CIFAR-10 from the Hub dataset {HUB_DATASET}: {error}. "
            "Give a local copy with --data-dir or CIFAR10_DIR."
        ) from error


def _sha256s(split: Split) -> tuple[str, ...]:
    arrays = (split.images, split.labels)
    return tuple(hashlib.sha256(np.ascontiguousarray(each).tobytes()).hexdigest() for each in arrays)


def _whole(train: Split, test: Split) -> Splits:
    for name, split in (("train", train), ("test", test)):
        for kind, found, expected in zip(("images", "labels"), _sha256s(split), SHA256[name], strict=True):
            if found != expected:
                raise DataError(
                    f"The {name} {kind} are not CIFAR-10's: SHA-256 {found[:12]}..., expected {expected[:12]}.... "
                    "The files are damaged or changed, fetch them again; a deliberate excerpt of CIFAR-10 is marked by "
                    f"a file called {SUBSET_MARKER}."
                )
    return train, test


def _excerpt(place: Path, train: Split, test: Split) -> Splits:
    for name, split in (("train", train), ("test", test)):
        if not len(split):
            raise DataError(f"{place} holds no {name} pictures.")
        unknown = np.flatnonzero(~np.isin(fingerprints(split), known_fingerprints(name)))
        if len(unknown):
            raise DataError(
                f"{place} is marked as an excerpt of CIFAR-10 by the file {SUBSET_MARKER}, but {len(unknown)} of its "
                f"{len(split)} {name} pictures are not among CIFAR-10's {name} pictures, with their labels (the first: "
                f"number {unknown[0]}); remove the file to train on pictures of your own."
            )
    logger.warning("%s is marked as an excerpt of CIFAR-10: %d + %d pictures", place, len(train), len(test))
    return train, test


def fingerprints(split: Split) -> UInt32[np.ndarray, "count"]:
    """Four bytes of the SHA-256 of each picture with its label."""
    pairs = zip(np.ascontiguousarray(split.images), split.labels, strict=True)
    digests = [hashlib.sha256(image.tobytes() + bytes([label])).digest()[:4] for image, label in pairs]
    return np.frombuffer(b"".join(digests), ">u4").astype(np.uint32)


@cache
def known_fingerprints(name: str) -> UInt32[np.ndarray, "count"]:
    """Those of CIFAR-10's training or test pictures."""
    both = np.fromfile(FINGERPRINTS, ">u4").astype(np.uint32)
    return both[: SIZES["train"]] if name == "train" else both[SIZES["train"] :]
