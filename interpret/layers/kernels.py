"""What the network has learnt: the weights of its eight convolutions, as they are or with batch norm folded in."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from interpret.choices import check_name, check_whole
from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet, scale_and_shift

NO_KERNEL = -1  # what callers pass who want all kernels


@dataclass(frozen=True)
class Convolution:
    """One convolution under the name that users know: the stage's name where the stage has one convolution only, else
    the state dict's (`resnet_block1.0`, `resnet_block1.3`); and the batch norm that follows it, `pooled` if a max-pool
    stands between the two."""

    name: str
    module: nn.Conv2d
    batch_norm: nn.BatchNorm2d
    pooled: bool

    @property
    def input_channels(self) -> int:
        return self.module.in_channels

    @property
    def kernels(self) -> int:
        return self.module.out_channels

    @property
    def takes_colour(self) -> bool:
        return self.module.in_channels == 3

    @property
    def scales(self) -> Float[Tensor, "kernels"]:
        """What batch norm multiplies each kernel's output by."""
        return scale_and_shift(self.batch_norm)[0].detach()

    @property
    def biases(self) -> Float[Tensor, "kernels"]:
        """What batch norm then adds to each kernel's output."""
        return scale_and_shift(self.batch_norm)[1].detach()

    def weights(self, folded: bool = False) -> Float[Tensor, "kernels inputs 3 3"]:
        """All weights; `folded`: each kernel's times its scale. With `biases` added, a convolution with these equals
        convolution, then batch norm. Where `pooled`, the maximum of such outputs equals the network's own output only
        for kernels whose scale is positive: a negative one turns the maximum into a minimum."""
        weight = self.module.weight.detach()
        return weight * self.scales.view(-1, 1, 1, 1) if folded else weight


def convolutions_by_name(network: CifarResNet) -> dict[str, Convolution]:
    """The network's convolutions in the order in which they run."""
    found = {}
    for stage in STAGE_NAMES:
        modules = list(network.stage(stage).named_children())
        for at, (index, module) in enumerate(modules):
            if isinstance(module, nn.Conv2d):
                name = f"{stage}.{index}" if stage in RESIDUAL_STAGES else stage
                later = [each for _, each in modules[at + 1 :]]
                norm = next(each for each in later if isinstance(each, nn.BatchNorm2d))
                found[name] = Convolution(name, module, norm, isinstance(later[0], nn.MaxPool2d))
    return found


def first_of_stage(network: CifarResNet) -> dict[str, str]:
    """The names of stages that have several convolutions, with the name of the first of them."""
    names = list(convolutions_by_name(network))
    return {
        stage: next(name for name in names if name.startswith(f"{stage}."))
        for stage in STAGE_NAMES
        if stage not in names
    }


def find_convolution(network: CifarResNet, name: str) -> Convolution:
    """A convolution by its name; a residual stage's name means its first. Raises ChoiceError for an unknown one."""
    convolutions, stages = convolutions_by_name(network), first_of_stage(network)
    return convolutions[stages.get(name) or check_name("layer", name, (*convolutions, *stages))]


def input_channel_kernels(
    convolution: Convolution, input_channel: int | float, folded: bool = False
) -> Float[Tensor, "kernels 3 3"]:
    """The weights that every kernel applies to one input channel.

    Raises ChoiceError if the convolution has no such input channel.
    """
    index = check_whole(f"input_channel of {convolution.name}", input_channel, 0, convolution.input_channels - 1)
    return convolution.weights(folded)[:, index]


def kernel_inputs(convolution: Convolution, kernel: int | float, folded: bool = False) -> Float[Tensor, "inputs 3 3"]:
    """The weights that one kernel applies to each input channel. Raises ChoiceError if there is no such kernel."""
    return convolution.weights(folded)[check_kernel(convolution, kernel)]


def check_kernel(convolution: Convolution, kernel: int | float) -> int:
    """The number of a kernel, if there is one of that number. Raises ChoiceError, also saying how to choose none."""
    words = f"kernel of {convolution.name} ({NO_KERNEL} for none)"
    return check_whole(words, kernel, 0, convolution.kernels - 1)


def colour_kernels(convolution: Convolution, folded: bool = False) -> Float[Tensor, "kernels 3 3 3"]:
    """The first convolution's kernels, RGB channel last. Other layers' inputs are no colours: ValueError."""
    if not convolution.takes_colour:
        raise ValueError(f"{convolution.name} has {convolution.input_channels} input channels; they are no colours")
    return convolution.weights(folded).permute(0, 2, 3, 1)
