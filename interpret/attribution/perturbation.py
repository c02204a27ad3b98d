"""The two methods that run the network again for every channel: Ablation-CAM and Score-CAM.

Both are generators: they yield the share of the work that is done, in [0, 1], and return the channels' weights for each
class, so that a caller can show progress and stop in between.
"""

from collections.abc import Callable, Generator

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from model.network import CifarResNet

LogitsOf = Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, "batch classes"]]
Steps = Generator[float, None, Float[Tensor, "classes channels"]]
BATCH = 64  # a step of the progress bar is then a third of a second on two CPU cores


def ablation_weights(
    network: CifarResNet,
    stage_name: str,
    activations: Float[Tensor, "channels height width"],
    logits: Float[Tensor, "classes"],
) -> Steps:
    """The share of each logit that is lost when a channel is set to 0. Desai and Ramaswamy 2020, equation 3.

    Only what follows the stage runs again.
    """
    channels = len(activations)
    scores = []
    for start in range(0, channels, BATCH):
        count = min(BATCH, channels - start)
        without = activations.expand(count, -1, -1, -1).clone()
        without[torch.arange(count), start + torch.arange(count)] = 0
        with torch.inference_mode():
            scores.append(network.classify_from(stage_name, without))
        yield (start + count) / channels
    return ((logits - torch.cat(scores)) / logits).T.clone()


def score_weights(
    logits_of: LogitsOf,
    image: Float[Tensor, "1 3 height width"],
    activations: Float[Tensor, "channels rows columns"],
) -> Steps:
    """Softmax over the channels of each logit of the image, seen through each channel's activations.

    Wang et al. 2020, https://arxiv.org/abs/1910.01279, algorithm 1: a channel, resized bilinearly and stretched to
    [0, 1], multiplies the image. Channels with equal masks, such as silent ones, run once.
    """
    resized = F.interpolate(activations[None], size=image.shape[-2:], mode="bilinear", align_corners=True)[0]
    low, high = resized.amin(dim=(1, 2), keepdim=True), resized.amax(dim=(1, 2), keepdim=True)
    masks, which = torch.unique((resized - low) / (high - low + 1e-8), dim=0, return_inverse=True)
    scores = []
    for start in range(0, len(masks), BATCH):
        scores.append(logits_of(image * masks[start : start + BATCH, None]))
        yield min(1.0, (start + BATCH) / len(masks))
    return torch.softmax(torch.cat(scores)[which], dim=0).T.clone()
