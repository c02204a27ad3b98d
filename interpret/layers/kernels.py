"""What the network has learnt: the weights of its eight convolutions."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from interpret.choices import check_name, check_whole
from model.network import CifarResNet


@dataclass(frozen=True)
class Convolution:
    """One convolution under the name that users know: the stage's name where the stage has one convolution only, else
    the state dict's (`resnet_block1.0`, `resnet_block1.3`)."""

    name: str
    module: nn.Conv2d

    @property
    def input_channels(self) -> int:
        return self.module.in_channels

    @property
    def takes_colour(self) -> bool:
        return self.module.in_channels == 3


def convolutions_by_name(network: CifarResNet) -> dict[str, Convolution]:
    """The network's convolutions in the order in which they run."""
    found = list(network.convolutions())
    stages = [key.split(".")[0] for key, _ in found]
    names = [stage if stages.count(stage) == 1 else key for stage, (key, _) in zip(stages, found, strict=True)]
    return {name: Convolution(name, module) for name, (_, module) in zip(names, found, strict=True)}


def find_convolution(network: CifarResNet, name: str) -> Convolution:
    """A convolution by its name. Raises ChoiceError for an unknown one."""
    convolutions = convolutions_by_name(network)
    return convolutions[check_name("layer", name, tuple(convolutions))]


def input_channel_kernels(convolution: Convolution, input_channel: int | float) -> Float[Tensor, "kernels 3 3"]:
    """The weights that every kernel applies to one input channel.

    Raises ChoiceError if the convolution has no such input channel.
    """
    index = check_whole(f"input_channel of {convolution.name}", input_channel, 0, convolution.input_channels - 1)
    return convolution.module.weight.detach()[:, index]


def colour_kernels(convolution: Convolution) -> Float[Tensor, "kernels 3 3 3"]:
    """The first convolution's kernels, RGB channel last. Other layers' inputs are no colours: ValueError."""
    if not convolution.takes_colour:
        raise ValueError(f"{convolution.name} has {convolution.input_channels} input channels; they are no colours")
    return convolution.module.weight.detach().permute(0, 2, 3, 1)
