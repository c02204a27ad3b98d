"""What a network loses without a single channel: how many test images of each class it still gets right.

Only images whose decision is close can change their class by one channel's going: images are run from the closest call
on, until the next one's margin is `SAFETY` times the most that any image's margin lost. An image would be missed if it
lost more than `SAFETY` times what any image that was run before it lost; `every_image` runs them all.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from interpret.layers.channels import Held, handed_on, logits_from
from model.channels.pooled import PooledMaxima
from model.images import to_tensor
from model.network import CifarResNet

logger = logging.getLogger(__name__)

BATCH, FIRST, SAFETY = 250, 500, 2.0
TOLD_EVERY = 16
KEPT = 12  # batches of what a layer hands on; the first layers' take 65 MB each


@dataclass(frozen=True)
class Judged:
    """Labelled images with the network's logits for them, the closest calls first."""

    images: UInt8[np.ndarray, "images 32 32 3"]
    labels: Int[np.ndarray, "images"]
    logits: Float[Tensor, "images classes"]

    @property
    def margins(self) -> Float[Tensor, "images"]:
        """By how many logits each image's class wins; ascending."""
        return margins_of(self.logits)

    @property
    def right(self) -> Int[np.ndarray, "classes"]:
        """How many of each class the whole network gets right."""
        return counts(self.labels, self.logits.argmax(dim=1).numpy(), self.logits.shape[1])


def judged(network: CifarResNet, images: UInt8[np.ndarray, "images 32 32 3"], labels: np.ndarray) -> Judged:
    """Runs the whole network on all images, and sorts them."""
    with torch.inference_mode():
        starts = range(0, len(images), BATCH)
        logits = torch.cat([network(to_tensor(images[start : start + BATCH])) for start in starts])
        order = margins_of(logits).argsort(stable=True)
    return Judged(images[order.numpy()], labels[order.numpy()].astype(np.int64), logits[order])


def margins_of(logits: Float[Tensor, "images classes"]) -> Float[Tensor, "images"]:
    """By how many logits the class that wins leads."""
    two = logits.topk(2).values
    return two[:, 0] - two[:, 1]


def counts(labels: np.ndarray, predictions: np.ndarray, classes: int) -> Int[np.ndarray, "classes"]:
    """How many of each class are right."""
    return np.bincount(labels[labels == predictions], minlength=classes)


class LayerLesions:
    """One layer, a stage or a convolution inside a residual stage, whose channels are set to zero one at a time.

    What the layer hands on is computed once for the batches that come first, and kept.
    """

    def __init__(self, network: CifarResNet, layer: str, judged: Judged) -> None:
        self._network, self._layer, self._judged = network, layer, judged
        self._margins = judged.margins.numpy()
        self._held: dict[int, Held] = {}

    def right_without(self, channel: int, every_image: bool = False) -> Int[np.ndarray, "classes"]:
        """How many images of each class the network gets right without the channel."""
        found = self._judged
        predictions, largest = found.logits.argmax(dim=1).numpy().copy(), 0.0
        for start in range(0, len(found.images), BATCH):
            if not every_image and start >= FIRST and self._margins[start] > SAFETY * largest:
                break
            before = found.logits[start : start + BATCH]
            after = self._logits_without(start, channel)
            predictions[start : start + BATCH] = after.argmax(dim=1).numpy()
            change = after - before
            of_winner = change.gather(1, before.argmax(dim=1, keepdim=True))
            largest = max(largest, float((change - of_winner).max()))
        return counts(found.labels, predictions, found.logits.shape[1])

    def _logits_without(self, start: int, channel: int) -> Float[Tensor, "batch classes"]:
        with torch.inference_mode():
            if (kept := self._held.get(start)) is None:
                images = to_tensor(self._judged.images[start : start + BATCH])
                kept = handed_on(self._network, self._layer, images)
                if len(self._held) < KEPT:
                    self._held[start] = kept
            output, stage_input = kept
            lesioned = output.clone()
            lesioned[:, channel] = 0
            return logits_from(self._network, self._layer, lesioned, stage_input)


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
