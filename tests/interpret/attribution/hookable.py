"""The network as the grad-cam package needs it: every stage a module of its own, whose output a hook can see."""

import copy

import torch
from torch import nn

from model.network import RESIDUAL_STAGES, STAGE_NAMES, CifarResNet


class StageModule(nn.Module):
    """One stage; a residual stage's output is seen after the addition."""

    def __init__(self, network: CifarResNet, name: str) -> None:
        super().__init__()
        self.branch, self.residual = network.stage(name), name in RESIDUAL_STAGES

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.branch(x) if self.residual else self.branch(x)


class Normalise(nn.Module):
    def __init__(self, network: CifarResNet) -> None:
        super().__init__()
        self.register_buffer("mean", network.mean)
        self.register_buffer("std", network.std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std


def hookable_copy(network: CifarResNet) -> nn.Sequential:
    """A copy for the package, which hooks modules and needs gradients of all weights; stage n is child n + 1."""
    network = copy.deepcopy(network).requires_grad_()
    stages = [StageModule(network, name) for name in STAGE_NAMES]
    return nn.Sequential(Normalise(network), *stages, network.pool4, nn.Flatten(), network.fc).eval()
