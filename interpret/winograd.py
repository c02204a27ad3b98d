"""The network's forward pass with a quarter of the multiplications, for large batches on a CPU, in float32.

Winograd's minimal filtering F(4x4, 3x3): A. Lavin and S. Gray 2015, https://arxiv.org/abs/1509.09308, sections 4 and 5.
torch's own CPU convolutions multiply in full. Rounding differs from theirs by about 1e-5 of a layer's outputs.

What is saved in multiplications must not be lost on moving memory. So each thread has pictures of its own; each stage
takes only as many at a time as stay in the processor's cache, and asks the stage before it for just these; and every
result goes into memory that is kept, at once with the border of zeros that the next convolution pads with.
"""

import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from threadpoolctl import ThreadpoolController
from torch import Tensor, nn
from torch.nn import functional as F

from model.network import RESIDUAL_STAGES, STAGES, CifarResNet, Stage

OUTPUTS, INPUTS = 4, 6  # a tile's side, after and before a 3x3 convolution
KERNEL_TRANSFORM = torch.tensor([[6.0, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
KERNEL = torch.kron(KERNEL_TRANSFORM, KERNEL_TRANSFORM)  # rows, then columns, as one matrix over a kernel's places

TILES = 128  # multiplied at a time: enough to be fast, few enough to stay in the processor's cache

LogitsOf = Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, "batch classes"]]
Padded = Float[Tensor, "batch _ _ channels"]  # height and width with a border of zeros, one wide
Kernels = Float[Tensor, "36 channels_in channels_out"]


def for_large_batches(network: CifarResNet) -> LogitsOf:
    """The fastest way to many pictures' logits: this one on a CPU, the network itself on a GPU. Threads may share it.

    The network must not change afterwards.
    """
    return WinogradNetwork(network) if network.mean.device.type == "cpu" else torch.inference_mode()(network)


class Memory:
    """Memory by name that is used again: the first touch of fresh memory costs more than what is written to it."""

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, *shape: int) -> Tensor:
        """Float32 of this shape, holding what was left there; what was taken before under this name is overwritten."""
        size = math.prod(shape)
        if name not in self._buffers or len(self._buffers[name]) < size:
            self._buffers[name] = torch.empty(size)
        return self._buffers[name][:size].view(shape)

    def take_padded(self, name: str, batch: int, side: int, channels: int) -> Padded:
        """The same, for `side` x `side` activations, with the border of zeros."""
        taken = self.take(name, batch, side + 2, side + 2, channels)
        for border in (taken[:, 0], taken[:, -1], taken[:, :, 0], taken[:, :, -1]):
            border.zero_()
        return taken


@dataclass(frozen=True)
class Layer:
    """A 3x3 convolution with what follows it: max-pooling by 2 (or none), batch norm as `scale` and `shift`, ReLU."""

    kernels: Kernels
    pooled: bool
    scale: Float[Tensor, "channels_out"]
    shift: Float[Tensor, "channels_out"]

    def __call__(self, x: Padded, out: Float[Tensor, "batch _ _ channels_out"], memory: Memory) -> None:
        """Writes the activations into `out`, also padded.

        Raises ValueError if `x`, without its border, is not a multiple of 4 high and wide, or if `out` does not fit it.
        """
        from interpret.tiles import transform_inputs, transform_outputs  # its compiler is loaded when it is needed

        self._check_shapes(x, out)
        tiles = len(x) * (x.size(1) // OUTPUTS) * (x.size(2) // OUTPUTS)
        inputs = memory.take("inputs", INPUTS**2, tiles, x.size(3))
        products = memory.take("products", INPUTS**2, tiles, out.size(3))
        transform_inputs(x.numpy(), inputs.numpy())
        torch.bmm(inputs, self.kernels, out=products)
        transform_outputs(products.numpy(), self.scale.numpy(), self.shift.numpy(), self.pooled, out.numpy())

    def _check_shapes(self, x: Padded, out: Float[Tensor, "batch _ _ channels_out"]) -> None:
        """What is compiled checks no bounds."""
        height, width = x.size(1) - 2, x.size(2) - 2
        shrink = 2 if self.pooled else 1
        wanted = (len(x), height // shrink + 2, width // shrink + 2, self.kernels.size(2))
        if height % OUTPUTS or width % OUTPUTS or x.size(3) != self.kernels.size(1) or out.shape != wanted:
            raise ValueError(f"{tuple(x.shape)} cannot be convolved in tiles into {tuple(out.shape)}")


class FirstStage:
    """The first stage, as torch convolves: it sees three channels, too few for tiles to pay."""

    def __init__(self, stage: Stage, modules: nn.Sequential) -> None:
        self.stage, self.pictures = stage, _pictures(stage.resolution)
        convolution, norm = modules[0], modules[1]
        assert isinstance(convolution, nn.Conv2d)
        scale, self.bias = _scale_and_shift(norm)
        self.weight = (convolution.weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)

    def __call__(self, x: Float[Tensor, "batch 3 32 32"], out: Tensor, memory: Memory) -> None:
        outputs = F.conv2d(x, self.weight, self.bias, padding=1).permute(0, 2, 3, 1)
        torch.clamp_min(outputs, 0, out=out[:, 1:-1, 1:-1])


class LaterStage:
    """Any other stage: its layers one after another and, if it is residual, what came in added to what comes out."""

    def __init__(self, stage: Stage, modules: nn.Sequential, resolution_before: int) -> None:
        self.stage, self.pictures = stage, _pictures(resolution_before)
        self.layers = _layers(modules)

    def __call__(self, x: Padded, out: Tensor, memory: Memory) -> None:
        if self.stage.name not in RESIDUAL_STAGES:
            (layer,) = self.layers
            layer(x, out, memory)
            return
        first, second = self.layers
        between = memory.take_padded("between", len(x), self.stage.resolution, self.stage.channels)
        first(x, between, memory)
        second(between, out, memory)
        out.add_(x)


class WinogradNetwork:
    """A CifarResNet on the CPU, in eval mode, with its kernels transformed once (105 MB); it is itself left as it is.

    Threads may ask at once. The pictures of each call are shared by as many threads as torch would use. The memory that
    they work in is kept: as much as the most pictures needed, 42 MB for 88 of them. The first call in a process takes
    two to three seconds longer, to compile.
    """

    @torch.no_grad()
    def __init__(self, network: CifarResNet) -> None:
        self.network = network
        self.threads = torch.get_num_threads()
        self.spare: deque[Memory] = deque(maxlen=self.threads)
        self.openmp = ThreadpoolController().select(user_api="openmp")
        self.stages: list[FirstStage | LaterStage] = [FirstStage(STAGES[0], network.stage(STAGES[0].name))]
        for before, stage in pairwise(STAGES):
            self.stages.append(LaterStage(stage, network.stage(stage.name), before.resolution))

    @torch.inference_mode()
    def __call__(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        """The logits, as the network's own to rounding."""
        inputs = self.network.normalise(images).to(memory_format=torch.channels_last)
        parts = inputs.tensor_split(min(self.threads, len(inputs)) or 1)
        with ThreadPoolExecutor(len(parts)) as pool:
            return torch.cat(list(pool.map(self._logits, parts)))

    def _logits(self, inputs: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        try:
            memory = self.spare.pop()
        except IndexError:
            memory = Memory()
        # Inference mode and the number of OpenMP threads are a thread's own; torch sets the latter when first asked.
        torch.get_num_threads()
        with torch.inference_mode(), self.openmp.limit(limits=1):
            activations = self._activations(len(self.stages) - 1, inputs, memory)
            logits = self.network.classify(activations[:, 1:-1, 1:-1].permute(0, 3, 1, 2))
        self.spare.append(memory)
        return logits

    def _activations(self, depth: int, inputs: Float[Tensor, "batch 3 32 32"], memory: Memory) -> Padded:
        """What a stage hands on for these pictures; the next call for the same stage overwrites it."""
        run = self.stages[depth]
        out = memory.take_padded(run.stage.name, len(inputs), run.stage.resolution, run.stage.channels)
        for part, part_out in zip(inputs.split(run.pictures), out.split(run.pictures), strict=True):
            run(self._activations(depth - 1, part, memory) if depth else part, part_out, memory)
        return out


def _pictures(resolution: int) -> int:
    """How many pictures of this size make up as many tiles as are multiplied at a time."""
    return TILES // (resolution // OUTPUTS) ** 2


def _layers(stage: nn.Sequential) -> list[Layer]:
    layers: list[Layer] = []
    kernels, pooled = torch.empty(0), False
    for module in stage:
        if isinstance(module, nn.Conv2d):
            kernels, pooled = transformed(module.weight), False
        elif isinstance(module, nn.MaxPool2d):
            pooled = True
        elif isinstance(module, nn.BatchNorm2d):
            layers.append(Layer(kernels, pooled, *_scale_and_shift(module)))
    return layers


def _scale_and_shift(norm: nn.Module) -> tuple[Float[Tensor, "channels"], Float[Tensor, "channels"]]:
    assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return scale, norm.bias - norm.running_mean * scale


def transformed(weight: Float[Tensor, "channels_out channels_in 3 3"]) -> Kernels:
    """3x3 kernels as a layer multiplies with them."""
    channels_out, channels_in = weight.shape[:2]
    return (KERNEL @ weight.permute(2, 3, 1, 0).reshape(9, -1)).view(-1, channels_in, channels_out)
