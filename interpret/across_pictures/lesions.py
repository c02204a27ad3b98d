"""The lesion laboratory: how well the network would do on all test images without some of the last stage's channels.

The head takes each channel's maximum over the last stage's cells and weights it, so that a channel at zero is a maximum
at zero: from the stored maxima of all test images the logits without any set of channels follow, as exactly as the
maxima are stored.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from interpret.choices import ChoiceError, check_name, check_whole
from interpret.drawing.words import in_a_row
from model.channels.pooled import PooledMaxima
from model.network import CifarResNet

LARGEST_SEED = 2**31 - 1
RANDOM = "random"
NAMED = 12  # at most so many channels are named in a sentence


@dataclass(frozen=True)
class Lesions:
    """What the network gets right with all channels, and without some: shares in [0, 1]; matrices of counts, rows are
    true classes."""

    channels: Int[np.ndarray, "lesioned"]
    class_names: tuple[str, ...]
    before: Int[np.ndarray, "classes classes"]
    after: Int[np.ndarray, "classes classes"]

    @property
    def accuracies(self) -> tuple[float, float]:
        """Before, and after."""
        before, after = (float(np.trace(each) / each.sum()) for each in (self.before, self.after))
        return before, after

    @property
    def class_accuracies(self) -> Float[np.ndarray, "2 classes"]:
        """Before, and after."""
        return np.stack([np.diag(each) / np.maximum(1, each.sum(axis=1)) for each in (self.before, self.after)])

    def sentence(self) -> str:
        """What accuracy becomes, and which class loses most."""
        before, after = self.accuracies
        losses = self.class_accuracies[0] - self.class_accuracies[1]
        worst = int(losses.argmax())
        if not len(self.channels):
            return f"With all channels {before:.2%} of {int(self.before.sum()):,} test pictures are right."
        one = len(self.channels) == 1
        named = f" ({in_a_row([str(each) for each in self.channels])})" if len(self.channels) <= NAMED else ""
        loses = (
            f"; the class {self.class_names[worst]} loses most: {self.class_accuracies[0, worst]:.1%} before, "
            f"{self.class_accuracies[1, worst]:.1%} after"
            if losses[worst] > 0
            else ""
        )
        return (
            f"Without {'this channel' if one else f'these {len(self.channels):,} channels'}{named} of the last layer "
            f"{after:.2%} of {int(self.before.sum()):,} test pictures are right, {before:.2%} with them{loses}."
        )

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it."""
        before, after = self.accuracies
        return {
            "channels": self.channels.tolist(),
            "accuracy": {"before": before, "after": after},
            "class_accuracy": {
                name: {"before": float(one), "after": float(other)}
                for name, one, other in zip(self.class_names, *self.class_accuracies, strict=True)
            },
            "confusion_matrix": self.after.tolist(),
        }


def lesions(
    network: CifarResNet,
    maxima: PooledMaxima,
    channels: Int[np.ndarray, "lesioned"],
    before: Int[np.ndarray, "classes classes"] | None = None,
) -> Lesions:
    """What the network gets right of all test images without these channels of the last stage.

    `before` spares computing the confusion matrix with all channels again, if it is known.
    """
    weights = network.fc.weight.numpy(force=True)
    kept = np.ones(weights.shape[1], dtype=bool)
    kept[channels] = False
    whole = _confusion(maxima, weights, np.ones_like(kept)) if before is None else before
    return Lesions(channels, network.config.class_names, whole, _confusion(maxima, weights, kept))


def _confusion(
    maxima: PooledMaxima, weights: Float[np.ndarray, "classes channels"], kept: Bool[np.ndarray, "channels"]
) -> Int[np.ndarray, "classes classes"]:
    predictions = (maxima.values[:, kept] @ weights[:, kept].T).argmax(axis=1)
    counts = np.zeros((len(weights), len(weights)), np.int64)
    np.add.at(counts, (maxima.labels, predictions), 1)
    return counts


def listed_channels(text: str, count: int) -> Int[np.ndarray, "listed"]:
    """Channel numbers from a list as people type it: "3, 17, 200-210". Raises ChoiceError."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,;\s]+", text.strip())):
        ends = re.fullmatch(r"(\d+)(?:[-–](\d+))?", part)
        if not ends:
            raise ChoiceError(f'Name channels as in "3, 17, 200-210"; {part!r} is no number.')
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if first > last or last >= count:
            raise ChoiceError(f"Channels go from 0 to {count - 1}, got {part}.")
        found |= set(range(first, last + 1))
    return np.array(sorted(found), np.int64)


def drawn_channels(
    network: CifarResNet, maxima: PooledMaxima, draw: str, count: int | float, seed: int | float
) -> Int[np.ndarray, "drawn"]:
    """`count` channels at random, from a seed; or those that add most to one class's score, on average over all test
    images. Raises ChoiceError."""
    names, weights = network.config.class_names, network.fc.weight.numpy(force=True)
    check_name("way to draw channels", draw, (RANDOM, *names))
    count = check_whole("count", count, 0, weights.shape[1])
    if draw == RANDOM:
        seed = check_whole("seed", seed, 0, LARGEST_SEED)
        return np.sort(np.random.default_rng(seed).permutation(weights.shape[1])[:count])
    adds = maxima.values.mean(axis=0) * weights[names.index(draw)]
    return np.sort(np.argsort(-adds, kind="stable")[:count])
