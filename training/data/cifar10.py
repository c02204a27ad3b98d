"""Reading CIFAR-10, and proving that what was read is CIFAR-10."""

import hashlib
import io
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt8
from PIL import Image

from training.errors import TrainingError

logger = logging.getLogger(__name__)

HUB_DATASET = "uoft-cs/cifar10"
HUB_REVISION = "0b2714987fa478483af9968de7c934580d0bb9a2"
PARQUET_FILES = {
    "train": "plain_text/train-00000-of-00001.parquet",
    "test": "plain_text/test-00000-of-00001.parquet",
}
TORCHVISION_FOLDER = "cifar-10-batches-py"
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
SUBSET_MARKER = "SUBSET"


class DataError(TrainingError):
    """CIFAR-10 is not where it was said to be, or is not CIFAR-10."""


@dataclass(frozen=True)
class Split:
    """Images and their class indices, in the canonical order of the data set."""

    images: UInt8[np.ndarray, "count 32 32 3"]
    labels: UInt8[np.ndarray, "count"]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: np.ndarray) -> "Split":
        return Split(self.images[indices], self.labels[indices])


def load_cifar10(data_dir: str | Path | None = None) -> tuple[Split, Split]:
    """The train and test splits, verified by SHA-256.

    `data_dir` (else the environment's `CIFAR10_DIR`) holds either the parquet files of the Hub data set, under
    `plain_text/`, or torchvision's `cifar-10-batches-py`. Without one, the files come from the Hub, at a pinned
    revision.
    A folder with a file called SUBSET is taken to be a deliberate small excerpt and is not held against the hashes.

    Raises DataError, saying what to do, if there is no data or if it is not CIFAR-10.
    """
    data_dir = data_dir or os.environ.get("CIFAR10_DIR")
    if data_dir is None:
        return _verified(_read_parquet("train", _download("train"))), _verified(
            _read_parquet("test", _download("test")), "test"
        )
    folder = Path(data_dir).expanduser()
    if (folder / PARQUET_FILES["train"]).exists():
        splits = [_read_parquet(name, folder / path) for name, path in PARQUET_FILES.items()]
    elif (folder / TORCHVISION_FOLDER).is_dir():
        splits = [_read_torchvision(folder, train=train) for train in (True, False)]
    else:
        raise DataError(
            f"No CIFAR-10 in {folder}: expected {PARQUET_FILES['train']} and {PARQUET_FILES['test']}, "
            f"or a folder {TORCHVISION_FOLDER}."
        )
    if (folder / SUBSET_MARKER).exists():
        logger.warning("%s is marked as a subset of CIFAR-10: %d + %d pictures", folder, *map(len, splits))
        return splits[0], splits[1]
    return _verified(splits[0], "train"), _verified(splits[1], "test")


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


def _read_parquet(name: str, path: Path) -> Split:
    try:
        table = pq.read_table(path)
        pngs = table.column("img").combine_chunks().field("bytes")
        images = np.stack([np.asarray(Image.open(io.BytesIO(png.as_py())).convert("RGB")) for png in pngs])
        return Split(images, table.column("label").to_numpy().astype(np.uint8))
    except (OSError, KeyError, ValueError, SyntaxError, pa.ArrowException) as error:  # SyntaxError: a PNG's, of Pillow
        raise DataError(f"Could not read the {name} pictures from {path}: {error}") from error


def _read_torchvision(folder: Path, *, train: bool) -> Split:
    from torchvision.datasets import CIFAR10

    try:
        dataset = CIFAR10(str(folder), train=train)
    except RuntimeError as error:
        raise DataError(f"{folder / TORCHVISION_FOLDER} is damaged or incomplete: {error}") from error
    return Split(dataset.data, np.asarray(dataset.targets, dtype=np.uint8))


def _verified(split: Split, name: str = "train") -> Split:
    for kind, array, expected in zip(("images", "labels"), (split.images, split.labels), SHA256[name], strict=True):
        found = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        if found != expected:
            raise DataError(
                f"The {name} {kind} are not CIFAR-10's: SHA-256 {found[:12]}..., expected {expected[:12]}.... "
                "The files are damaged or changed; fetch them again."
            )
    return split


def split_validation(train: Split, validation_images: int, seed: int) -> tuple[Split, Split]:
    """Training and validation images, drawn from `train` by a seeded permutation.

    Raises DataError if nothing would be left to train on.
    """
    if validation_images >= len(train):
        raise DataError(f"Cannot hold out {validation_images} of {len(train)} training pictures for validation.")
    order = np.random.default_rng(seed).permutation(len(train))
    held_out, kept = order[:validation_images], order[validation_images:]
    return train.take(np.sort(kept)), train.take(np.sort(held_out))
