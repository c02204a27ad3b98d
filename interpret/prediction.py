"""What the network says: logits, calibrated probabilities, and the few most probable classes."""

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.choices import check_whole
from model.network import CifarResNet

BATCH_ON_CPU, BATCH_ON_GPU = 32, 512  # on a CPU: what stays in the caches of two cores


def predict(
    network: CifarResNet, images: Float[Tensor, "batch 3 32 32"]
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, "batch classes"]]:
    """Logits, and the probabilities (rows sum to 1) that the release's temperature makes of them."""
    with torch.no_grad():
        logits = network(images)
    return logits, probabilities_of(logits, network.config.temperature)


def logits_of_many(network: CifarResNet, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
    """Logits of any number of images, in batches and a memory layout (channels last) that suit the device.

    Rounding differs from one image at a time by about 1e-5 logits.
    """
    size = BATCH_ON_CPU if images.device.type == "cpu" else BATCH_ON_GPU
    with torch.inference_mode():
        batches = images.split(size)
        return torch.cat([network(batch.to(memory_format=torch.channels_last)) for batch in batches])


def probabilities_of(logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch classes"]:
    """softmax(logits / temperature): Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 9."""
    return torch.softmax(logits.detach() / temperature, dim=1)


def top_classes(
    probabilities: Float[Tensor, "classes"], class_names: tuple[str, ...], top_k: int | float
) -> dict[str, float]:
    """The `top_k` most probable classes with their probabilities, most probable first.

    Raises ChoiceError if there are not that many classes.
    """
    top_k = check_whole("top_k, the number of top predictions,", top_k, 1, len(class_names))
    values, indices = torch.topk(probabilities, top_k)
    return {class_names[index]: value for value, index in zip(values.tolist(), indices.tolist(), strict=True)}


def percent(share: float) -> str:
    """A share in [0, 1] as whole percent, never rounded up to certainty."""
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"
