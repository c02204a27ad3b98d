"""What each stage hands on: the network's own activations, after normalisation, ReLU, pooling and addition."""

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.choices import check_name, check_whole
from model.network import STAGE_NAMES, STAGES, CifarResNet

COMMON_CHANNELS = min(stage.channels for stage in STAGES)


def activations_of(network: CifarResNet, image: Float[Tensor, "1 3 32 32"]) -> dict[str, Float[Tensor, "_ _ _"]]:
    """Every stage's activations (channels, height, width) for one image, by stage name.

    All are at least 0: each stage ends in a ReLU, or adds two results of one.
    """
    with torch.no_grad():
        _, activations = network.forward_with_activations(image)
    return {name: activation[0] for name, activation in activations.items()}


def channel_of_every_stage(
    activations: dict[str, Float[Tensor, "_ _ _"]], channel: int | float
) -> dict[str, Float[Tensor, "_ _"]]:
    """The feature map of one channel number at every stage.

    Raises ChoiceError if not every stage has that channel.
    """
    channel = check_whole("channel", channel, 0, COMMON_CHANNELS - 1)
    return {name: activation[channel] for name, activation in activations.items()}


def all_channels(
    activations: dict[str, Float[Tensor, "_ _ _"]], stage_name: str
) -> Float[Tensor, "channels height width"]:
    """All feature maps of one stage. Raises ChoiceError for an unknown stage."""
    return activations[check_name("layer", stage_name, STAGE_NAMES)]
