"""Weights that were trained elsewhere: from a checkpoint to this network, without running anything in the file.

Lightning's `.ckpt`, a `state_dict` in `.pth`, or `.safetensors`; with or without a prefix before the layers' names,
such as a LightningModule's `network.`.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from model.files.tables import first_lines
from model.network import CifarResNet, NetworkConfig
from training.errors import TrainingError

logger = logging.getLogger(__name__)

SAFETENSORS = ".safetensors"
UNSAFE = "UnpicklingError"  # its word for a file that names more than tensors, and for one that is none
NO_PICKLE = "Unsupported operand"  # torch's words for bytes that are no pickle, or none of a protocol that it reads
COUNTERS = "num_batches_tracked"  # which batch norm needs for training only
NAMED = 3  # of many names, so many are said

StateDict = dict[str, Tensor]


class CheckpointError(TrainingError):
    """A file holds no weights of this network, or cannot be read safely."""


def load_checkpoint(path: Path, config: NetworkConfig) -> CifarResNet:
    """The network with the weights of a checkpoint, in float32 and eval mode.

    A convolution's bias, which this network has not, is taken off the mean of the batch norm that follows: that is the
    same function. Raises CheckpointError, naming what is missing, extra or of another shape.
    """
    network = CifarResNet(config)
    expected = network.state_dict()
    found, others = _without_prefix(_state_dict_in(_stored(path), path), expected, path)
    if others:
        logger.info("%s: %s not of this network, and not used", path.name, _few(others))
    _fold_biases_(found, network)
    for name, tensor in expected.items():
        if name.endswith(COUNTERS):
            found.setdefault(name, tensor)
    _check(found, expected, path)
    network.load_state_dict({name: tensor.to(expected[name].dtype) for name, tensor in found.items()})
    return network.eval()


def _stored(path: Path) -> Any:
    """What the file holds, read without pickle's power to run code."""
    try:
        if path.suffix == SAFETENSORS:
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch raise nearly anything
        if type(error).__name__ != UNSAFE:
            problem = (first_lines(error) or type(error).__name__).rstrip(".")
            raise CheckpointError(f"{path} is no checkpoint, or damaged: {problem}.") from error
        if NO_PICKLE in str(error):
            raise CheckpointError(f"{path} is no checkpoint, or not one of torch.save with its defaults.") from error
        raise CheckpointError(
            f"{path} cannot be read safely, because it holds more than tensors, numbers and words{_culprits(path)}; "
            "store the weights alone, where they were trained: torch.save(network.state_dict(), 'weights.pth')."
        ) from error


def _culprits(path: Path) -> str:
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # an old format, of which this cannot be asked
        return ""
    return f" ({_few(sorted(names))})" if names else ""


def _state_dict_in(stored: Any, path: Path) -> StateDict:
    """The tensors by name: those at the top, else those of the one entry that holds this network's."""
    tops = [stored, *(stored.values() if isinstance(stored, Mapping) else ())]
    for each in tops:
        if isinstance(each, Mapping):
            tensors = {str(name): value for name, value in each.items() if isinstance(value, Tensor)}
            if any(name.endswith(".weight") for name in tensors):
                return tensors
    raise CheckpointError(f"{path} holds no state_dict: there are no tensors by name in it.")


def _without_prefix(
    tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path
) -> tuple[StateDict, list[str]]:
    """The tensors below the prefix that leads to most of the network's names, and the names of all others."""
    prefixes = Counter(
        name.removesuffix(wanted)
        for name in tensors
        for wanted in expected
        if name == wanted or name.endswith(f".{wanted}")
    ).most_common(2)
    if not prefixes:
        raise CheckpointError(f"{path} is not of this network: it has {_few(list(tensors))}, not prep_layer.0.weight.")
    if len(prefixes) == 2 and prefixes[0][1] == prefixes[1][1]:
        both = " and ".join(f"{prefix}*" for prefix, _ in prefixes)
        raise CheckpointError(f"{path} holds this network twice, as {both}; store the one that you mean alone.")
    prefix = prefixes[0][0]
    found = {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}
    return found, [name for name in tensors if not name.startswith(prefix)]


def _fold_biases_(found: StateDict, network: CifarResNet) -> None:
    """Takes the biases of convolutions into the batch norms: (x + bias) - mean = x - (mean - bias), pooled or not."""
    for name, convolution in network.convolutions():
        stage, index = name.rsplit(".", 1)
        norm = next(
            at for at in range(int(index), 6) if isinstance(network.stage(stage)[at], torch.nn.BatchNorm2d)
        )  # fmt: skip
        mean, bias = found.get(f"{stage}.{norm}.running_mean"), found.get(f"{name}.bias")
        if mean is not None and bias is not None and bias.shape == mean.shape == (convolution.out_channels,):
            found[f"{stage}.{norm}.running_mean"] = mean.float() - found.pop(f"{name}.bias").float()


def _check(found: StateDict, expected: Mapping[str, Tensor], path: Path) -> None:
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    shapes = [
        f"{name} {tuple(found[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    ]
    kinds = (("it lacks", missing), ("it has in addition", extra), ("it has in other shapes", shapes))
    if faults := [f"{what} {_few(names)}" for what, names in kinds if names]:
        raise CheckpointError(f"{path} does not fit the network: {'; '.join(faults)}.")
    if wrong := [name for name, each in found.items() if each.is_floating_point() and not each.isfinite().all()]:
        raise CheckpointError(f"{path} holds numbers that are infinite or no numbers, in {_few(wrong)}.")


def _few(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
