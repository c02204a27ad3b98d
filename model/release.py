"""The release folder: weights, configuration, metrics and misclassified images that belong together.

Only this file knows which files there are, and `model.files.sealed` how they are bound together: by the SHA-256 hashes
in `config.json`, so that nothing can serve the errors of another model. There is no pickle in a release.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors.torch import save_file

from model.channels.facts import CHANNELS, LayerFacts, load_facts
from model.channels.gallery import GALLERY, Gallery, load_gallery
from model.channels.pooled import POOLED, PooledMaxima, load_pooled
from model.files.sealed import (
    ARCHITECTURE,
    CONFIG,
    FORMAT_VERSION,
    WEIGHTS,
    DamagedFileError,
    ReleaseError,
    load_weights,
    read_json,
    read_sealed,
    sha256_of,
    verify,
)
from model.files.tables import TableError
from model.metrics import METRICS, Metrics, MetricsError, parse_metrics
from model.network import CifarResNet, NetworkConfig
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

HASHED_FILES = (WEIGHTS, METRICS, SAMPLES)
OPTIONAL_FILES = (REVIEWS, NEAREST, POOLED, GALLERY, CHANNELS)
SERVED_FILES = (CONFIG, *HASHED_FILES)
BUNDLED = Path(__file__).parent / "bundled"


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
    return load_weights(CifarResNet(config), folder)


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
        "sha256": {name: sha256_of(folder / name) for name in dict.fromkeys((*HASHED_FILES, *more))},
    }
    (folder / CONFIG).write_text(json.dumps(document, indent=2) + "\n")


def load_release(folder: Path) -> Release:
    """A release from its folder, every file verified against the hashes in `config.json`.

    Raises ReleaseError, naming the file, if anything is missing, damaged, inconsistent or of an unknown format.
    """
    config, hashes = read_config(folder)
    for name, expected in hashes.items():
        if name not in OPTIONAL_FILES or (folder / name).exists():
            verify(folder, name, expected)
    network = load_network(folder, config)
    try:
        metrics = parse_metrics(read_json(folder / METRICS))
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
        identifier=sha256_of(folder / CONFIG)[:7],
        reviews=optional(REVIEWS),
        lacks=MappingProxyType(lacks),
        read_table=optional,
    )


def read_config(folder: Path) -> tuple[NetworkConfig, dict[str, str]]:
    """The network's configuration, and the expected SHA-256 of each file that this code knows, from `config.json`.

    Raises ReleaseError if the format, the architecture or a field is unknown, missing or out of range.
    """
    return read_sealed(folder, NetworkConfig, HASHED_FILES, OPTIONAL_FILES)


def optional_files(folder: Path) -> list[str]:
    """The optional files that a release's `config.json` binds, and that this code knows. Raises ReleaseError."""
    _, hashes = read_config(folder)
    return [name for name in OPTIONAL_FILES if name in hashes]


def _missing(folder: Path, hashes: Mapping[str, str]) -> dict[str, str]:
    """Why an optional file is not used: by name, the reasons."""
    absent = [name for name in OPTIONAL_FILES if not (folder / name).exists()]
    unbound = [name for name in OPTIONAL_FILES if name not in hashes]
    return dict.fromkeys(absent, "is not there") | dict.fromkeys(unbound, "is not part of it")


def _optional(folder: Path, name: str, expected: str, lacks: dict[str, str], load: Callable[[], Any]) -> Any:
    """What an optional file holds; None if the release `lacks` it, or if it cannot be read or is by now another than it
    was, which is then among what it lacks."""
    if name in lacks:
        return None
    try:
        verify(folder, name, expected)
        return load()
    except (TableError, DamagedFileError) as error:
        lacks[name] = f"could not be read: {error}"
        logger.warning("%s %s", name, lacks[name])
        return None


def _bound(folder: Path) -> dict[str, Any]:
    """Every file that a release binds, whether this code knows it or not."""
    try:
        return dict(read_json(folder / CONFIG)["sha256"])
    except (ReleaseError, KeyError, TypeError, ValueError):
        return {}
