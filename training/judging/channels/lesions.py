"""What a network loses without a single channel: how many test images of each class it still gets right.

A channel's going changes the decision of few images, so few are run. How much of the winner's lead an image would lose
is estimated from gradients (gradient × activation, the first order of it); images are run in the order of what the
estimate leaves of their lead, whichever way it points, until that is twice what it was at the last image whose class
changed. An image would be missed if the estimate erred by more than that; `every_image` runs them all.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from interpret.layers.channels import handed_on, logits_from
from model.channels.pooled import PooledMaxima
from model.images import to_tensor
from model.network import CifarResNet

logger = logging.getLogger(__name__)

BATCH = 100
SAFETY, LEAST = 2.0, 0.3  # stop at twice the last change's remaining lead, and not before 0.3 logits
TOLD_EVERY = 16


@dataclass(frozen=True)
class Judged:
    """Labelled images with the network's logits for them."""

    images: UInt8[np.ndarray, "images 32 32 3"]
    labels: Int[np.ndarray, "images"]
    logits: Float[Tensor, "images classes"]


def judged(network: CifarResNet, images: UInt8[np.ndarray, "images 32 32 3"], labels: np.ndarray) -> Judged:
    """Runs the whole network on all images."""
    with torch.inference_mode():
        starts = range(0, len(images), BATCH)
        logits = torch.cat([network(to_tensor(images[start : start + BATCH])) for start in starts])
    return Judged(images, labels.astype(np.int64), logits)


def lead_of(logits: Float[Tensor, "images classes"]) -> Float[Tensor, "images"]:
    """By how many logits the class that wins leads."""
    two = logits.topk(2).values
    return two[:, 0] - two[:, 1]


def counts(labels: np.ndarray, predictions: np.ndarray, classes: int) -> Int[np.ndarray, "classes"]:
    """How many of each class are right."""
    return np.bincount(labels[labels == predictions], minlength=classes)


class LayerLesions:
    """One layer, a stage or a convolution inside a residual stage, whose channels are set to zero one at a time.

    Holds what the layer hands on of all images: for 10,000 of 32x32 pixels up to 2.6 GB.
    """

    def __init__(self, network: CifarResNet, layer: str, judged: Judged) -> None:
        self._network, self._layer, self._judged = network, layer, judged
        runs = [self._run(start) for start in range(0, len(judged.images), BATCH)]
        outputs, stage_inputs, losses = zip(*runs, strict=True)
        self._outputs = torch.cat(outputs)
        self._stage_inputs = None if stage_inputs[0] is None else torch.cat(stage_inputs)
        lead = lead_of(judged.logits)[:, None]
        self._left: Float[Tensor, "images channels"] = lead - torch.cat(losses).abs()

    def _run(self, start: int) -> tuple[Tensor, Tensor | None, Float[Tensor, "batch channels"]]:
        """What the layer hands on of a batch, what its stage was given, and what each channel adds to the lead."""
        with torch.no_grad():
            output, given = handed_on(self._network, self._layer, to_tensor(self._judged.images[start : start + BATCH]))
        output.requires_grad_()
        lead = lead_of(logits_from(self._network, self._layer, output, given))
        (gradient,) = torch.autograd.grad(lead.sum(), output)
        return output.detach(), given, (gradient * output.detach()).sum(dim=(2, 3))

    def right_without(self, channel: int, every_image: bool = False) -> Int[np.ndarray, "classes"]:
        """How many images of each class the network gets right without the channel."""
        logits, left = self._judged.logits, self._left[:, channel]
        predictions, reach = logits.argmax(dim=1), LEAST
        for images in left.argsort(stable=True).split(BATCH):
            if not every_image and left[images[0]] > reach:
                break
            now = self._predictions_without(images, channel)
            changed = images[now != predictions[images]]
            predictions[images] = now
            if len(changed):
                reach = max(reach, SAFETY * float(left[changed].max()))
        return counts(self._judged.labels, predictions.numpy(), logits.shape[1])

    def _predictions_without(self, images: Int[Tensor, "batch"], channel: int) -> Int[Tensor, "batch"]:
        with torch.inference_mode():
            output = self._outputs[images]
            output[:, channel] = 0
            given = None if self._stage_inputs is None else self._stage_inputs[images]
            return logits_from(self._network, self._layer, output, given).argmax(dim=1)


def right_without_last(network: CifarResNet, maxima: PooledMaxima) -> Int[np.ndarray, "channels classes"]:
    """As `LayerLesions`, for all channels of the last stage at once, of whose maxima the logits are a weighted sum."""
    weights = network.fc.weight.numpy(force=True)
    logits = maxima.values @ weights.T
    rows = []
    for values, column in zip(maxima.values.T, weights.T, strict=True):
        predictions = (logits - values[:, None] * column).argmax(axis=1)
        rows.append(counts(maxima.labels, predictions, len(weights)))
    return np.array(rows)


def lesion_counts(
    network: CifarResNet,
    found: Judged,
    layers: dict[str, int],
    progress: Path,
    known: str,
) -> dict[str, Int[np.ndarray, "channels classes"]]:
    """For every channel of the layers (their numbers of channels by name) how many images of each class stay right.

    What is done is kept in the file `progress` as it goes, and taken up from there if it is of the same weights, which
    `known` identifies.
    """
    done = _taken_up(progress, known)
    for layer, channels in layers.items():
        rows = list(done.get(layer, ()))
        if len(rows) == channels:
            continue
        lesions = LayerLesions(network, layer, found)
        while len(rows) < channels:
            rows.append(lesions.right_without(len(rows)))
            if len(rows) % TOLD_EVERY == 0 or len(rows) == channels:
                done[layer] = np.array(rows)
                _keep(progress, known, done)
                logger.info("%s: %d of %d channels switched off", layer, len(rows), channels)
    return {layer: done[layer] for layer in layers}


def _taken_up(progress: Path, known: str) -> dict[str, np.ndarray]:
    if not progress.exists():
        return {}
    with np.load(progress, allow_pickle=False) as kept:
        if str(kept["known"]) != known:
            return {}
        return {name: kept[name] for name in kept.files if name != "known"}


def _keep(progress: Path, known: str, done: dict[str, np.ndarray]) -> None:
    progress.parent.mkdir(parents=True, exist_ok=True)
    part = progress.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, known=np.array(known), **done)  # type: ignore[arg-type]
    part.replace(progress)
