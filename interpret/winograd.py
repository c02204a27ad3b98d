"""The network's forward pass with a quarter of the multiplications, for large batches on a CPU, in float32.

Winograd's minimal filtering F(4x4, 3x3): A. Lavin and S. Gray 2015, https://arxiv.org/abs/1509.09308, sections 4 and 5.
torch's own CPU convolutions multiply in full. Rounding differs from theirs by about 1e-5 of a layer's outputs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet

OUTPUTS, INPUTS = 4, 6  # a tile's side, after and before a 3x3 convolution
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
# A transform of rows, then of columns, as one matrix over a tile's places.
TILE_IN = torch.kron(INPUT_TRANSFORM, INPUT_TRANSFORM)
KERNEL = torch.kron(KERNEL_TRANSFORM, KERNEL_TRANSFORM)
TILE_OUT = torch.kron(OUTPUT_TRANSFORM, OUTPUT_TRANSFORM)

BATCH = 128  # pictures
TILES = 256  # multiplied at a time: enough to be fast, few enough to stay in the processor's cache

Activations = Float[Tensor, "batch _ _ _"]  # batch height width channels
Kernels = Float[Tensor, "36 channels_in channels_out"]


def for_large_batches(
    network: CifarResNet,
) -> Callable[[Float[Tensor, "batch 3 32 32"]], Float[Tensor, "batch classes"]]:
    """The fastest way to the logits of many pictures: this one on a CPU, the network itself on a GPU."""
    return WinogradNetwork(network) if network.mean.device.type == "cpu" else torch.inference_mode()(network)


@dataclass(frozen=True)
class Layer:
    """A 3x3 convolution with what follows it: max-pooling by 2 (or none), batch norm as `scale` and `shift`, ReLU."""

    kernels: Kernels
    pooled: bool
    scale: Float[Tensor, "channels_out"]
    shift: Float[Tensor, "channels_out"]

    def __call__(self, x: Activations) -> Activations:
        tiles_each = (x.size(1) // OUTPUTS) * (x.size(2) // OUTPUTS)
        results = []
        for part in x.split(TILES // tiles_each):
            outputs = convolve(part, self.kernels)
            if self.pooled:
                outputs = torch.maximum(outputs[:, 0::2], outputs[:, 1::2])
                outputs = torch.maximum(outputs[:, :, 0::2], outputs[:, :, 1::2])
            results.append(torch.addcmul(self.shift, outputs, self.scale).relu_())
        return torch.cat(results)


class WinogradNetwork:
    """A CifarResNet on the CPU, in eval mode, with its kernels transformed: 105 MB. Nothing in it changes."""

    def __init__(self, network: CifarResNet) -> None:
        self.network = network
        self.stages = [(name in RESIDUAL_STAGES, list(_layers(network.stage(name)))) for name in STAGE_NAMES[1:]]

    @torch.inference_mode()
    def __call__(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        """The logits, as the network's own to rounding."""
        return torch.cat([self._logits(batch) for batch in images.split(BATCH)])

    def _logits(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        inputs = self.network.normalise(images).to(memory_format=torch.channels_last)
        # The first stage sees three channels, too few for tiles to pay.
        x = self.network.run_stage(STAGE_NAMES[0], inputs).permute(0, 2, 3, 1)
        for residual, layers in self.stages:
            outputs = x
            for layer in layers:
                outputs = layer(outputs)
            x = outputs + x if residual else outputs
        return self.network.classify(x.permute(0, 3, 1, 2))


def _layers(stage: nn.Sequential) -> Iterator[Layer]:
    kernels, pooled = torch.empty(0), False
    for module in stage:
        if isinstance(module, nn.Conv2d):
            kernels, pooled = transformed(module.weight), False
        elif isinstance(module, nn.MaxPool2d):
            pooled = True
        elif isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            scale = module.weight / (module.running_var + module.eps).sqrt()
            yield Layer(kernels, pooled, scale, module.bias - module.running_mean * scale)


def transformed(weight: Float[Tensor, "channels_out channels_in 3 3"]) -> Kernels:
    """3x3 kernels as `convolve` multiplies with them."""
    return (KERNEL @ weight.permute(2, 3, 1, 0).reshape(9, -1)).view(-1, weight.size(1), weight.size(0))


def convolve(
    x: Float[Tensor, "batch height width channels_in"], kernels: Kernels
) -> Float[Tensor, "batch height width channels_out"]:
    """A 3x3 convolution with padding 1; height and width are multiples of 4."""
    batch, height, width, channels = x.shape
    shape = batch, height // OUTPUTS, width // OUTPUTS
    padded = F.pad(x, (0, 0, 1, 1, 1, 1))
    tiles = padded.unfold(1, INPUTS, OUTPUTS).unfold(2, INPUTS, OUTPUTS)  # batch rows columns channels 6 6
    tiles = tiles.permute(0, 1, 2, 4, 5, 3).reshape(-1, INPUTS**2, channels)
    inputs = torch.bmm(TILE_IN.expand(len(tiles), -1, -1), tiles)
    products = torch.bmm(inputs.transpose(0, 1), kernels)  # 36 tiles channels_out
    outputs = torch.bmm(TILE_OUT.expand(len(tiles), -1, -1), products.transpose(0, 1))
    return outputs.view(*shape, OUTPUTS, OUTPUTS, -1).transpose(2, 3).reshape(batch, height, width, -1)
