"""CifarResNet: the residual network that this project trains, serves and explains.

The layout is David Page's fast CIFAR-10 network (https://github.com/davidcpage/cifar10-fast); the module names, and so
the state-dict keys, are those of the course project that this app grew out of, so its checkpoints load.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


# What the page and the API call the choice of no class, of any, and of the one that wins.
RESERVED_NAMES = ("any", "none", "predicted")
CONTROLS = "".join(map(chr, (*range(32), 127)))
UNFIT = frozenset("<>|`*[]" + CONTROLS)  # they would be taken for more than letters in tables and sentences


class ConfigError(ValueError):
    """A network configuration breaks one of its own rules."""


@dataclass(frozen=True)
class NetworkConfig:
    """All that is needed, beside the weights, to turn pixels into probabilities.

    `mean` and `std` are per RGB channel, for pixels in [0, 1]; `temperature` divides the logits before the softmax
    (Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 4.2) and never changes which class wins.

    Raises ConfigError if the values cannot belong to a working network.
    """

    class_names: tuple[str, ...] = CIFAR10_CLASSES
    input_size: int = 32
    mean: tuple[float, float, float] = (0.49139968, 0.48215841, 0.44653091)
    std: tuple[float, float, float] = (0.24703223, 0.24348513, 0.26158784)
    temperature: float = 1.0

    def __post_init__(self) -> None:
        names = self.class_names
        if len(names) < 2 or len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
            raise ConfigError(f"class_names must be two or more different names, got {list(names)}")
        if unfit := [name for name in names if name in RESERVED_NAMES or set(name) & UNFIT or not name.strip()]:
            raise ConfigError(
                f"a class cannot be called {unfit[0]!r}: {', '.join(RESERVED_NAMES)} mean something else, and names "
                f"hold no line breaks and none of {' '.join(sorted(UNFIT - set(CONTROLS)))}"
            )
        numbers = (*self.mean, *self.std, self.temperature)
        if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
            raise ConfigError(f"mean, std and temperature must be finite numbers, got {numbers}")
        if self.input_size != 32:
            raise ConfigError(f"input_size must be 32 (the last pooling covers 4x4 cells), got {self.input_size}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ConfigError(f"mean and std need three values each, std above 0; got {self.mean} and {self.std}")
        if not self.temperature > 0:
            raise ConfigError(f"temperature must be above 0, got {self.temperature}")


@dataclass(frozen=True)
class Stage:
    """One of the network's six stages: its name and the shape of its activations for a 32x32 image.

    The page and the API call a stage a layer.
    """

    name: str
    channels: int
    resolution: int


STAGES = (
    Stage("prep_layer", 64, 32),
    Stage("custom_block1", 128, 16),
    Stage("resnet_block1", 128, 16),
    Stage("custom_block2", 256, 8),
    Stage("custom_block3", 512, 4),
    Stage("resnet_block3", 512, 4),
)
STAGE_NAMES = tuple(stage.name for stage in STAGES)
RESIDUAL_STAGES = frozenset({"resnet_block1", "resnet_block3"})


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False)


def _conv_block(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(_conv(channels_in, channels_out), nn.BatchNorm2d(channels_out), nn.ReLU())


def _pooled_block(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(_conv(channels_in, channels_out), nn.MaxPool2d(2), nn.BatchNorm2d(channels_out), nn.ReLU())


def _residual_branch(channels: int) -> nn.Sequential:
    return nn.Sequential(*_conv_block(channels, channels), *_conv_block(channels, channels))


def scale_and_shift(norm: nn.BatchNorm2d) -> tuple[Float[Tensor, "channels"], Float[Tensor, "channels"]]:
    """What batch norm in eval mode multiplies each channel by, gamma / sqrt(variance + epsilon), and then adds to it,
    beta - mean * scale: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithm 2.

    Raises ValueError if it keeps no running statistics.
    """
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("this batch norm keeps no running statistics")
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


class CifarResNet(nn.Module):
    """A residual network for 32x32 RGB images: 8 convolutions, 6,573,120 parameters for ten classes.

    Normalisation happens inside, so that whoever holds an image in [0, 1] cannot feed it wrongly. No operation works
    in place and nothing is stored on the module during a pass: one instance may serve concurrent requests.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or NetworkConfig()
        self.register_buffer("mean", torch.tensor(self.config.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(self.config.std).view(1, 3, 1, 1), persistent=False)
        self.prep_layer = _conv_block(3, 64)
        self.custom_block1 = _pooled_block(64, 128)
        self.resnet_block1 = _residual_branch(128)
        self.custom_block2 = _pooled_block(128, 256)
        self.custom_block3 = _pooled_block(256, 512)
        self.resnet_block3 = _residual_branch(512)
        self.pool4 = nn.MaxPool2d(4)
        self.fc = nn.Linear(512, len(self.config.class_names), bias=False)

    @classmethod
    def from_pretrained(cls, repo_id: str, revision: str | None = None, patience: float = 60.0) -> "CifarResNet":
        """The network of a release: in eval mode, frozen, float32, on the CPU, its weights verified by their hash.

        `repo_id` names a Hub repository, of which two files are fetched, or a local release folder; `revision` a
        branch, tag or commit of the repository. Raises HubError, saying why, if it cannot be had: no other stands in.
        """
        # Whoever has a network needs neither the Hub's client nor the reader of tables, which take a second to load.
        from model.files.sealed import CONFIG, WEIGHTS, load_weights, read_sealed, verify
        from model.hub import fetch, repository_name
        from model.hub_commits import commit_of
        from model.hub_errors import worded

        with worded(f"{repo_id} could not be loaded"):
            folder, deadline = Path(repo_id).expanduser(), time.monotonic() + patience
            if not folder.is_dir():
                repo_id = repository_name(repo_id)
                folder = fetch(repo_id, commit_of(repo_id, revision, deadline), (CONFIG, WEIGHTS), deadline)
            config, hashes = read_sealed(folder, NetworkConfig, (WEIGHTS,))
            verify(folder, WEIGHTS, hashes[WEIGHTS])
            return load_weights(cls(config), folder)

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        """Logits of RGB images in [0, 1]. They are not softmaxed; see `NetworkConfig.temperature`."""
        x = self.normalise(images)
        for name in STAGE_NAMES:
            x = self.run_stage(name, x)
        return self.classify(x)

    def forward_with_activations(
        self, images: Float[Tensor, "batch 3 32 32"]
    ) -> tuple[Float[Tensor, "batch classes"], dict[str, Float[Tensor, "batch _ _ _"]]]:
        """The logits, and every stage's activations by stage name, in order.

        A stage's activations are what it hands on: after its last ReLU, for the residual stages after the addition.
        The tensors are part of the autograd graph, so gradients with respect to them need no hooks.
        """
        activations = {}
        x = self.normalise(images)
        for name in STAGE_NAMES:
            x = activations[name] = self.run_stage(name, x)
        return self.classify(x), activations

    def forward_with_convolutions(
        self, images: Float[Tensor, "batch 3 32 32"]
    ) -> tuple[Float[Tensor, "batch classes"], dict[str, Float[Tensor, "batch _ _ _"]]]:
        """The logits, and every convolution's own output by the name that `convolutions()` gives it, in order."""
        logits, outputs = self.forward_with_modules(images)
        return logits, {name: outputs[name] for name, _ in self.convolutions()}

    def forward_with_modules(
        self, images: Float[Tensor, "batch 3 32 32"]
    ) -> tuple[Float[Tensor, "batch classes"], dict[str, Float[Tensor, "batch _ _ _"]]]:
        """The logits, and the output of every module, named as in the state dict (`prep_layer.0`), and of every stage
        by its name, in order."""
        outputs = {}
        x = self.normalise(images)
        for name in STAGE_NAMES:
            stage_input = x
            for index, module in self.stage(name).named_children():
                x = outputs[f"{name}.{index}"] = module(x)
            if name in RESIDUAL_STAGES:
                x = stage_input + x
            outputs[name] = x
        return self.classify(x), outputs

    def normalise(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """Images in [0, 1] in units of the training set's per-channel standard deviation, around its mean."""
        return (images - self.mean) / self.std

    def stage(self, name: str) -> nn.Sequential:
        """The modules of one stage (of a residual stage: of its branch). Raises KeyError for an unknown name."""
        if name not in STAGE_NAMES:
            raise KeyError(name)
        return getattr(self, name)

    def run_stage(
        self, name: str, x: Float[Tensor, "batch channels_in height_in width_in"]
    ) -> Float[Tensor, "batch channels_out height_out width_out"]:
        """One stage's activations, given the activations of the stage before it."""
        branch = self.stage(name)(x)
        return x + branch if name in RESIDUAL_STAGES else branch

    def classify(self, activations: Float[Tensor, "batch 512 4 4"]) -> Float[Tensor, "batch classes"]:
        """Logits from the last stage's activations: each channel's maximum over the 4x4 cells, weighted by `fc`."""
        return self.fc(self.pool4(activations).flatten(1))

    def classify_from(self, stage_name: str, activations: Tensor) -> Float[Tensor, "batch classes"]:
        """Logits from the activations of any stage: the rest of the network, run on them."""
        for name in STAGE_NAMES[STAGE_NAMES.index(stage_name) + 1 :]:
            activations = self.run_stage(name, activations)
        return self.classify(activations)

    def convolutions(self) -> Iterator[tuple[str, nn.Conv2d]]:
        """The eight convolutions in the order in which they run, named as in the state dict (`prep_layer.0`, ...)."""
        for name in STAGE_NAMES:
            for index, module in self.stage(name).named_children():
                if isinstance(module, nn.Conv2d):
                    yield f"{name}.{index}", module
