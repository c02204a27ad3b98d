"""The release folder: weights, configuration, metrics and misclassified images that belong together.

This is the only file that knows the format. A release is bound together by the SHA-256 hashes in `config.json`, so that
nothing can serve the errors of another model. There is no pickle in it.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from model.channels.facts import CHANNELS, LayerFacts, load_facts
from model.channels.gallery import GALLERY, Gallery, load_gallery
from model.channels.pooled import POOLED, PooledMaxima, load_pooled
from model.files.tables import TableError, first_lines
from model.metrics import METRICS, Metrics, MetricsError, parse_metrics
from model.network import CifarResNet, ConfigError, NetworkConfig
from model.samples import (
    NEAREST,
    REVIEWS,
    SAMPLES,
    LabelReviews,
    Misclassified,
    NearestTraining,
    load_misclassified,
    load_nearest,
    load_reviews,
)

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
ARCHITECTURE = "CifarResNet"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
HASHED_FILES = (WEIGHTS, METRICS, SAMPLES)
OPTIONAL_FILES = (REVIEWS, NEAREST, POOLED, GALLERY, CHANNELS)
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
class Release:
    """A verified release in memory. The network is in eval mode, frozen, float32, on the CPU.

    `lacks` says of each optional file that it has not, why: such as "is not part of it". The large optional tables are
    read when they are first asked for.
    """

    folder: Path
    network: CifarResNet
    metrics: Metrics
    misclassified: Misclassified
    identifier: str
    reviews: LabelReviews | None = None
    lacks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    read_table: Callable[[str], Any] = field(default=lambda name: None, repr=False, compare=False)

    @cached_property
    def nearest(self) -> NearestTraining | None:
        """The training images that are nearest to each error; None if the release lacks them."""
        return self.read_table(NEAREST)

    @cached_property
    def pooled(self) -> PooledMaxima | None:
        """The last stage's maxima of all test images; None if the release lacks them."""
        return self.read_table(POOLED)

    @cached_property
    def gallery(self) -> Gallery | None:
        """Training images of all classes; None if the release lacks them."""
        return self.read_table(GALLERY)

    @cached_property
    def channels(self) -> Mapping[str, LayerFacts] | None:
        """By layer, what is known of each channel; None if the release lacks it, or the gallery that it is of."""
        return self.read_table(CHANNELS) if self.gallery is not None else None

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
        raise ReleaseError(f"{WEIGHTS} does not fit the network: {first_lines(error)}") from error
    return network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]


def save_metrics(metrics: Metrics, folder: Path) -> None:
    """Writes `metrics.json`."""
    (folder / METRICS).write_text(json.dumps(metrics.document(), indent=2) + "\n")


def seal(config: NetworkConfig, folder: Path) -> None:
    """Writes `config.json` last: the network's configuration and the hashes of the files already in the folder.

    A file that only a newer code knows stays bound if it was. Raises ReleaseError if a required file is missing.
    """
    before = _bound(folder) if (folder / CONFIG).exists() else {}
    more = [name for name in {**dict.fromkeys(OPTIONAL_FILES), **before} if (folder / name).is_file()]
    document = {
        "format_version": FORMAT_VERSION,
        "architecture": ARCHITECTURE,
        **asdict(config),
        "sha256": {name: _sha256(folder / name) for name in dict.fromkeys((*HASHED_FILES, *more))},
    }
    (folder / CONFIG).write_text(json.dumps(document, indent=2) + "\n")


def load_release(folder: Path) -> Release:
    """A release from its folder, every file verified against the hashes in `config.json`.

    Raises ReleaseError, naming the file, if anything is missing, damaged, inconsistent or of an unknown format.
    """
    config, hashes = read_config(folder)
    for name, expected in hashes.items():
        if name not in OPTIONAL_FILES or (folder / name).exists():
            _verify(folder, name, expected)
    network = load_network(folder, config)
    try:
        metrics = parse_metrics(_read_json(folder / METRICS))
    except MetricsError as error:
        raise ReleaseError(f"{error}.") from error
    try:
        misclassified = load_misclassified(folder, len(config.class_names))
    except TableError as error:
        raise ReleaseError(f"{SAMPLES} could not be read: {error}.") from error
    test = metrics.test
    if (
        test.count < 1
        or test.errors != len(misclassified)
        or abs(test.accuracy - (1 - test.errors / test.count)) > 1e-6
    ):
        raise ReleaseError(
            f"{METRICS} says {test.errors} errors of {test.count}; {SAMPLES} holds {len(misclassified)}."
        )
    lacks, classes = _missing(folder, hashes), len(config.class_names)

    channels = network.fc.in_features
    gallery = cache(lambda: load_gallery(folder, classes, channels))
    loaders: dict[str, Callable[[], Any]] = {
        REVIEWS: lambda: load_reviews(folder, classes),
        NEAREST: lambda: load_nearest(folder, classes, misclassified),
        POOLED: lambda: load_pooled(folder, classes, channels),
        GALLERY: gallery,
        CHANNELS: lambda: load_facts(folder, classes, gallery()),
    }

    def optional(name: str) -> Any:
        return _optional(folder, name, hashes.get(name, ""), lacks, loaders[name])

    return Release(
        folder,
        network,
        metrics,
        misclassified,
        identifier=_sha256(folder / CONFIG)[:7],
        reviews=optional(REVIEWS),
        lacks=MappingProxyType(lacks),
        read_table=optional,
    )


def optional_files(folder: Path) -> list[str]:
    """The optional files that a release's `config.json` binds, and that this code knows. Raises ReleaseError."""
    _, hashes = read_config(folder)
    return [name for name in OPTIONAL_FILES if name in hashes]


def _missing(folder: Path, hashes: Mapping[str, str]) -> dict[str, str]:
    """Why an optional file is not used: by name, the reasons."""
    absent = [name for name in OPTIONAL_FILES if not (folder / name).exists()]
    unbound = [name for name in OPTIONAL_FILES if name not in hashes]
    return dict.fromkeys(absent, "is not there") | dict.fromkeys(unbound, "is not part of it")


def _verify(folder: Path, name: str, expected: str) -> None:
    if (found := _sha256(folder / name)) != expected:
        raise DamagedFileError(name, f"is damaged or of another release: SHA-256 {found[:12]}, not {expected[:12]}.")


def _optional(folder: Path, name: str, expected: str, lacks: dict[str, str], load: Callable[[], Any]) -> Any:
    """What an optional file holds; None if the release `lacks` it, or if it cannot be read or is by now another than it
    was, which is then among what it lacks."""
    if name in lacks:
        return None
    try:
        _verify(folder, name, expected)
        return load()
    except (TableError, DamagedFileError) as error:
        lacks[name] = f"could not be read: {error}"
        logger.warning("%s %s", name, lacks[name])
        return None


def read_config(folder: Path) -> tuple[NetworkConfig, dict[str, str]]:
    """The network's configuration, and the expected SHA-256 of each file that this code knows, from `config.json`.

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
        bound = document["sha256"]
        known = (*HASHED_FILES, *(name for name in OPTIONAL_FILES if name in bound))
        hashes = {name: str(bound[name]) for name in known}
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


def _bound(folder: Path) -> dict[str, Any]:
    """Every file that a release binds, whether this code knows it or not."""
    try:
        return dict(_read_json(folder / CONFIG)["sha256"])
    except (ReleaseError, KeyError, TypeError, ValueError):
        return {}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DamagedFileError(path.name, f"could not be read: {first_lines(error)}") from error
    if not isinstance(document, dict):
        raise ReleaseError(f"{path.name} must hold an object, found {type(document).__name__}.")
    return document


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedFileError(path.name, f"could not be read: {first_lines(error)}") from error
