"""The network's forward pass with a quarter of the multiplications, for large batches on a CPU, in float32.

Winograd's minimal filtering F(4x4, 3x3): A. Lavin and S. Gray 2015, https://arxiv.org/abs/1509.09308, sections 4 and 5.
torch's own CPU convolutions multiply in full. Rounding differs from theirs by about 1e-5 of a layer's outputs.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet

OUTPUTS, INPUTS = 4, 6  # a tile's side, after and before a 3x3 convolution
BATCH = 32  # what is worked on at a time stays in the processor's cache
INPUT_TRANSFORM = torch.tensor(
    [
        [4.0, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
KERNEL_TRANSFORM = torch.tensor([[6.0, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
OUTPUT_TRANSFORM = torch.tensor([[1.0, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
# A transform of rows, then of columns, as one matrix over a tile's positions.
TILES_IN = torch.kron(INPUT_TRANSFORM, INPUT_TRANSFORM)
KERNELS = torch.kron(KERNEL_TRANSFORM, KERNEL_TRANSFORM)
TILES_OUT = torch.kron(OUTPUT_TRANSFORM, OUTPUT_TRANSFORM)

# Activations with a border of zeros; what a place holds for all pictures lies together.
Padded = Float[Tensor, "_ _ batch _"]
Kernels = Float[Tensor, "36 channels_in channels_out"]


def for_large_batches(
    network: CifarResNet,
) -> Callable[[Float[Tensor, "batch 3 32 32"]], Float[Tensor, "batch classes"]]:
    """The fastest way to the logits of many pictures: this one on a CPU, the network itself on a GPU."""
    return WinogradNetwork(network) if network.mean.device.type == "cpu" else torch.inference_mode()(network)


class WinogradNetwork:
    """A CifarResNet on the CPU, in eval mode, with its kernels transformed: 105 MB. Nothing in it changes."""

    def __init__(self, network: CifarResNet) -> None:
        self.network = network
        first = network.prep_layer[0]
        self.kernels = {
            id(convolution): transformed(convolution.weight)
            for _, convolution in network.convolutions()
            if convolution is not first
        }

    @torch.inference_mode()
    def __call__(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        """The logits, as the network's own to rounding."""
        return torch.cat([self._logits(batch) for batch in images.split(BATCH)])

    def _logits(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        network = self.network
        inputs = network.normalise(images).to(memory_format=torch.channels_last)
        x = padded(network.run_stage(STAGE_NAMES[0], inputs).permute(2, 3, 0, 1))
        for name in STAGE_NAMES[1:]:
            outputs = x
            for layer in layers(network.stage(name)):
                outputs = self._run(layer, outputs)
            if name in RESIDUAL_STAGES:
                outputs += x
            x = outputs
        return network.fc(x.amax(dim=(0, 1)))  # nothing is below zero, so the border changes no maximum

    def _run(self, layer: nn.Sequential, x: Padded) -> Padded:
        convolution, *pooling, norm, _ = layer
        kernels = self.kernels[id(convolution)]
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * scale
        height, width, side = x.size(0) - 2, x.size(1) - 2, OUTPUTS // 2 if pooling else OUTPUTS
        rows = height // OUTPUTS * side
        result = x.new_zeros(rows + 2, width // OUTPUTS * side + 2, x.size(2), kernels.size(2))
        for number in range(height // OUTPUTS):
            tiles = convolve(x[number * OUTPUTS : number * OUTPUTS + INPUTS], kernels)
            if pooling:
                tiles = torch.maximum(tiles[0::2], tiles[1::2])
                tiles = torch.maximum(tiles[:, 0::2], tiles[:, 1::2])
            tiles = torch.addcmul(shift, tiles, scale).relu_()
            target = result[1 + number * side : 1 + (number + 1) * side, 1:-1]
            target.unflatten(1, (-1, side)).copy_(tiles.transpose(1, 2))
        return result


def layers(stage: nn.Sequential) -> Iterator[nn.Sequential]:
    """A stage's modules, from each convolution to the ReLU that ends its layer."""
    ends = [number for number, module in enumerate(stage, start=1) if isinstance(module, nn.ReLU)]
    for start, end in zip([0, *ends], ends, strict=False):
        yield stage[start:end]


def transformed(weight: Float[Tensor, "channels_out channels_in 3 3"]) -> Kernels:
    """3x3 kernels as `convolve` multiplies with them."""
    return (KERNELS @ weight.permute(2, 3, 1, 0).reshape(9, -1)).view(-1, weight.size(1), weight.size(0))


def padded(x: Float[Tensor, "height width batch channels"]) -> Padded:
    """With a border of zeros."""
    return F.pad(x, (0, 0, 0, 0, 1, 1, 1, 1))


def convolve(
    strip: Float[Tensor, "6 padded_width batch channels_in"], kernels: Kernels
) -> Float[Tensor, "4 4 tiles batch channels_out"]:
    """Four rows of a convolution's outputs from the six rows that they see, in tiles of 4x4."""
    _, _, batch, channels = strip.shape
    tiles = strip.unfold(1, INPUTS, OUTPUTS).permute(0, 4, 1, 2, 3)  # 6 6 tiles batch channels
    inputs = TILES_IN @ tiles.reshape(INPUTS**2, -1)
    products = torch.bmm(inputs.view(INPUTS**2, -1, channels), kernels)
    outputs = TILES_OUT @ products.view(INPUTS**2, -1)
    return outputs.view(OUTPUTS, OUTPUTS, -1, batch, kernels.size(2))
