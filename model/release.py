"""The release folder: weights, configuration, metrics and misclassified images that belong together.

This is the only file that knows the format. A release is bound together by the SHA-256 hashes in `config.json`, so that
nothing can serve the errors of another model. There is no pickle in it.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from model.metrics import METRICS, Metrics, MetricsError, parse_metrics
from model.network import CifarResNet, ConfigError, NetworkConfig

FORMAT_VERSION = 1
ARCHITECTURE = "CifarResNet"
CONFIG, WEIGHTS, SAMPLES = "config.json", "model.safetensors", "misclassified.parquet"
HASHED_FILES = (WEIGHTS, METRICS, SAMPLES)
SERVED_FILES = (CONFIG, *HASHED_FILES)
BUNDLED = Path(__file__).parent / "bundled"


class ReleaseError(RuntimeError):
    """A release folder is incomplete, damaged, or of a format that this code does not know."""


class DamagedFileError(ReleaseError):
    """A file of a release is not what its hash says, or cannot be read. `file` is its name."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(f"{file} {message}")
        self.file = file


@dataclass(frozen=True)
class Misclassified:
    """Every test image whose predicted class is not its label, one row each, in test-set order."""

    images: UInt8[np.ndarray, "errors 32 32 3"]
    test_indices: Int[np.ndarray, "errors"]
    labels: Int[np.ndarray, "errors"]
    predictions: Int[np.ndarray, "errors"]
    probabilities: Float[np.ndarray, "errors classes"]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def confidences(self) -> Float[np.ndarray, "errors"]:
        """The probability of each wrong prediction, in [0, 1]."""
        return self.probabilities[np.arange(len(self)), self.predictions]


@dataclass(frozen=True)
class Release:
    """A verified release in memory. The network is in eval mode, frozen, float32, on the CPU."""

    folder: Path
    network: CifarResNet
    metrics: Metrics
    misclassified: Misclassified
    identifier: str

    @property
    def config(self) -> NetworkConfig:
        return self.network.config

    @property
    def test_accuracy(self) -> float:
        """The share of the test images that these weights get right, in [0, 1]."""
        return self.metrics.test.accuracy


def save_weights(network: CifarResNet, folder: Path) -> None:
    """Writes `model.safetensors`: convolutions and `fc` in float16, batch norm in float32, counters as they are."""
    halved = {f"{name}.weight" for name, _ in network.convolutions()} | {"fc.weight"}
    tensors = {
        key: tensor.detach().to("cpu", torch.float16 if key in halved else tensor.dtype).contiguous()
        for key, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors leaves a file that only its owner may read


def load_network(folder: Path, config: NetworkConfig) -> CifarResNet:
    """The stored network, in eval mode, frozen, float32, in the memory layout (channels last) that convolves fastest.

    Raises ReleaseError if the file is no safetensors file or its tensors are not exactly this network's.
    """
    network = CifarResNet(config)
    try:
        network.load_state_dict(load_file(folder / WEIGHTS), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ReleaseError(f"{WEIGHTS} does not fit the network: {_first_lines(error)}") from error
    return network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]


def save_misclassified(samples: Misclassified, class_names: tuple[str, ...], folder: Path) -> None:
    """Writes `misclassified.parquet` with the features that the Hub's viewer understands."""
    pngs = [{"bytes": _png(image), "path": f"{index}.png"} for image, index in
            zip(samples.images, samples.test_indices, strict=True)]  # fmt: skip
    class_label = {"names": list(class_names), "_type": "ClassLabel"}
    features = {
        "image": {"_type": "Image"},
        "test_index": {"dtype": "int32", "_type": "Value"},
        "label": class_label,
        "prediction": class_label,
        "confidence": {"dtype": "float32", "_type": "Value"},
        "probabilities": {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"},
    }
    image_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {
        "image": pa.array(pngs, image_type),
        "test_index": pa.array(samples.test_indices, pa.int32()),
        "label": pa.array(samples.labels, pa.int64()),
        "prediction": pa.array(samples.predictions, pa.int64()),
        "confidence": pa.array(samples.confidences, pa.float32()),
        "probabilities": pa.array(samples.probabilities.tolist(), pa.list_(pa.float32())),
    }
    table = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, folder / SAMPLES)


def load_misclassified(folder: Path, class_count: int) -> Misclassified:
    """Reads `misclassified.parquet`. Raises ReleaseError if it is damaged or of other classes."""
    try:
        table = pq.read_table(folder / SAMPLES)
        pngs = table.column("image").combine_chunks().field("bytes").to_pylist()
        samples = Misclassified(
            images=np.stack([np.asarray(Image.open(io.BytesIO(png))) for png in pngs])
            if pngs
            else np.zeros((0, 32, 32, 3), np.uint8),
            test_indices=table.column("test_index").to_numpy(),
            labels=table.column("label").to_numpy(),
            predictions=table.column("prediction").to_numpy(),
            probabilities=np.array(table.column("probabilities").to_pylist(), np.float32).reshape(-1, class_count),
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ReleaseError(f"{SAMPLES} could not be read: {_first_lines(error)}") from error
    if samples.images.shape[1:] != (32, 32, 3) or len(samples.probabilities) != len(samples):
        raise ReleaseError(f"{SAMPLES} must hold 32x32 RGB pictures with {class_count} probabilities each.")
    for indices in (samples.labels, samples.predictions):
        if len(indices) and not (indices.min() >= 0 and indices.max() < class_count):
            raise ReleaseError(f"{SAMPLES} holds a class index outside 0 to {class_count - 1}.")
    return samples


def save_metrics(metrics: Metrics, folder: Path) -> None:
    """Writes `metrics.json`."""
    (folder / METRICS).write_text(json.dumps(metrics.document(), indent=2) + "\n")


def seal(config: NetworkConfig, folder: Path) -> None:
    """Writes `config.json` last: the network's configuration and the hashes of the files already in the folder.

    Raises ReleaseError if one of them is missing.
    """
    document = {
        "format_version": FORMAT_VERSION,
        "architecture": ARCHITECTURE,
        **asdict(config),
        "sha256": {name: _sha256(folder / name) for name in HASHED_FILES},
    }
    (folder / CONFIG).write_text(json.dumps(document, indent=2) + "\n")


def load_release(folder: Path) -> Release:
    """A release from its folder, every file verified against the hashes in `config.json`.

    Raises ReleaseError, naming the file, if anything is missing, damaged, inconsistent or of an unknown format.
    """
    config, hashes = read_config(folder)
    for name, expected in hashes.items():
        if (found := _sha256(folder / name)) != expected:
            raise DamagedFileError(
                name, f"is damaged or of another release: SHA-256 {found[:12]}, not {expected[:12]}."
            )
    network = load_network(folder, config)
    try:
        metrics = parse_metrics(_read_json(folder / METRICS))
    except MetricsError as error:
        raise ReleaseError(f"{error}.") from error
    misclassified = load_misclassified(folder, len(config.class_names))
    test = metrics.test
    if (
        test.count < 1
        or test.errors != len(misclassified)
        or abs(test.accuracy - (1 - test.errors / test.count)) > 1e-6
    ):
        raise ReleaseError(
            f"{METRICS} says {test.errors} errors of {test.count}; {SAMPLES} holds {len(misclassified)}."
        )
    return Release(folder, network, metrics, misclassified, identifier=_sha256(folder / CONFIG)[:7])


def read_config(folder: Path) -> tuple[NetworkConfig, dict[str, str]]:
    """The network's configuration, and the expected SHA-256 by file name, from `config.json`.

    Raises ReleaseError if the format, the architecture or a field is unknown, missing or out of range.
    """
    document = _read_json(folder / CONFIG)
    try:
        if document["format_version"] != FORMAT_VERSION:
            raise ReleaseError(
                f"{CONFIG} has format version {document['format_version']}; this code reads {FORMAT_VERSION}."
            )
        if document["architecture"] != ARCHITECTURE:
            raise ReleaseError(f"{CONFIG} describes {document['architecture']!r}, not {ARCHITECTURE!r}.")
        hashes = {name: str(document["sha256"][name]) for name in HASHED_FILES}
        config = NetworkConfig(
            class_names=tuple(document["class_names"]),
            input_size=document["input_size"],
            mean=tuple(document["mean"]),
            std=tuple(document["std"]),
            temperature=document["temperature"],
        )
    except (KeyError, TypeError) as error:
        raise ReleaseError(f"{CONFIG} is incomplete: {error!r}.") from error
    except ConfigError as error:
        raise ReleaseError(f"{CONFIG} does not describe a working network: {error}") from error
    return config, hashes


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DamagedFileError(path.name, f"could not be read: {_first_lines(error)}") from error
    if not isinstance(document, dict):
        raise ReleaseError(f"{path.name} must hold an object, found {type(document).__name__}.")
    return document


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedFileError(path.name, f"could not be read: {_first_lines(error)}") from error


def _png(image: UInt8[np.ndarray, "32 32 3"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
