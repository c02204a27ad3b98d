"""How a release is bound together: `config.json` says what network it holds, and the SHA-256 of its other files.

It knows no network, so that the network itself can be read from a release.
"""

import hashlib
import json
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from model.files.tables import first_lines

FORMAT_VERSION = 1
ARCHITECTURE = "CifarResNet"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
MAX_DOCUMENT, MAX_FILE = 2**24, 2**30  # bytes of a JSON document, and of any other file, before they are read

Config = TypeVar("Config")
Network = TypeVar("Network", bound=nn.Module)


class ReleaseError(RuntimeError):
    """A release folder is incomplete, damaged, or of a format that this code does not know."""


class DamagedFileError(ReleaseError):
    """A file of a release is not what its hash says, or cannot be read. `file` is its name."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(f"{file} {message}")
        self.file = file


def read_sealed(
    folder: Path, config_class: Callable[..., Config], required: Sequence[str], optional: Sequence[str] = ()
) -> tuple[Config, dict[str, str]]:
    """The network's configuration, and the expected SHA-256 of the named files, from `config.json`.

    Raises ReleaseError if the format, the architecture or a field is unknown, missing or out of range.
    """
    document = read_json(folder / CONFIG)
    try:
        if document["format_version"] != FORMAT_VERSION:
            raise ReleaseError(
                f"{CONFIG} has format version {document['format_version']}; this code reads {FORMAT_VERSION}."
            )
        if document["architecture"] != ARCHITECTURE:
            raise ReleaseError(f"{CONFIG} describes {document['architecture']!r}, not {ARCHITECTURE!r}.")
        bound = document["sha256"]
        known = (*required, *(name for name in optional if name in bound))
        hashes = {name: str(bound[name]) for name in known}
        config = config_class(
            class_names=tuple(document["class_names"]),
            input_size=document["input_size"],
            mean=tuple(document["mean"]),
            std=tuple(document["std"]),
            temperature=document["temperature"],
        )
    except (KeyError, TypeError) as error:
        raise ReleaseError(f"{CONFIG} is incomplete: {error!r}.") from error
    except ValueError as error:
        raise ReleaseError(f"{CONFIG} does not describe a working network: {error}") from error
    return config, hashes


def load_weights(network: Network, folder: Path) -> Network:
    """The network with the stored weights, in eval mode, frozen, in the memory layout (channels last) that convolves
    fastest.

    Raises ReleaseError if the file is no safetensors file or its tensors are not exactly this network's.
    """
    try:
        network.load_state_dict(load_file(folder / WEIGHTS), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ReleaseError(f"{WEIGHTS} does not fit the network: {first_lines(error)}") from error
    return network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]


def verify(folder: Path, name: str, expected: str) -> None:
    """Raises DamagedFileError if a file is missing, is none, is too large to be a release's, or has another hash."""
    _check_size(folder / name, MAX_FILE)
    if (found := sha256_of(folder / name)) != expected:
        raise DamagedFileError(name, f"is damaged or of another release: SHA-256 {found[:12]}, not {expected[:12]}.")


def read_json(path: Path) -> dict[str, Any]:
    """Raises DamagedFileError if the file cannot be read, ReleaseError if it holds something else than an object."""
    _check_size(path, MAX_DOCUMENT)
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFileError(path.name, f"could not be read: {first_lines(error)}") from error
    if not isinstance(document, dict):
        raise ReleaseError(f"{path.name} must hold an object, found {type(document).__name__}.")
    return document


def _check_size(path: Path, most: int) -> None:
    """A folder, a pipe or a device has no size; what is missing is told by who reads it."""
    try:
        found = path.stat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise DamagedFileError(path.name, "is no file.")
    if found.st_size > most:
        raise DamagedFileError(path.name, f"has {found.st_size:,} bytes, more than the {most:,} that are accepted.")


def sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedFileError(path.name, f"could not be read: {first_lines(error)}") from error
