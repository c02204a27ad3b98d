"""Why images of one class are taken for another: what the cells and the channels add to the margin, exactly.

The margin is the predicted class's logit minus the true one's. Ledgers add up to it picture by picture, so their mean
over pictures adds up to the mean margin; and so do the channels: each adds its maximum times the difference of the two
classes' weights in `fc`.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from interpret.attribution.evidence import evidence_cells
from interpret.attribution.last_stage import last_stage
from interpret.choices import ChoiceError
from interpret.drawing.ledger import UNIT, draw_ledger
from interpret.drawing.scales import Scale, signed_scale
from interpret.drawing.text import two_decimals
from interpret.drawing.words import in_a_row, where_most_is
from interpret.explainer import Explainer
from interpret.misclassified.selection import Errors, Selection
from interpret.prediction import percent
from model.images import to_tensor

CHANNELS_SHOWN = 10
BATCH = 128


class NeverConfusedError(ChoiceError):
    """No test image of one class is taken for the other."""


@dataclass(frozen=True)
class ConfusedClasses:
    """The errors of one cell of the confusion matrix, on average.

    `cells` and `channels` are signed, in logits; both add up to `margin`, the mean lead of the predicted class.
    """

    true_label: str
    predicted_label: str
    count: int
    margin: float
    cells: Float[np.ndarray, "4 4"]
    channels: Float[np.ndarray, "channels"]

    def strongest(self) -> list[tuple[int, float]]:
        """The channels that push most towards the wrong class, and what each adds, in logits."""
        order = np.argsort(-self.channels, kind="stable")[:CHANNELS_SHOWN]
        return [(int(channel), float(self.channels[channel])) for channel in order]

    def picture(self) -> UInt8[np.ndarray, "tall wide 3"]:
        """The mean margin map with its numbers."""
        title = f"Evidence for {self.predicted_label} rather than {self.true_label}, mean of {self.count:,}"
        return draw_ledger(torch.from_numpy(self.cells), self.scale, title)

    @property
    def scale(self) -> Scale:
        """Symmetric about 0."""
        return signed_scale(self.cells, UNIT)

    def sentence(self) -> str:
        """The mean margin, where it comes from, and which channels push it."""
        one, other, strongest = self.predicted_label, self.true_label, self.strongest()
        named = in_a_row([f"{channel} ({two_decimals(value, plus=True)})" for channel, value in strongest[:3]])
        pushed = sum(value for _, value in strongest)
        positive = np.maximum(self.cells, 0)
        place, share = where_most_is(positive / positive.sum()) if positive.sum() > 0 else (None, 1.0)
        where = f", {percent(share)} of what speaks for it in {place}" if place else ""
        pictures = f"{self.count:,} pictures are" if self.count > 1 else "One picture is"
        mean = " on average" if self.count > 1 else ""
        return (
            f"{pictures} of class {other} and taken for {one}: {one} leads by {two_decimals(self.margin)} logits{mean}"
            f"{where}. Channels {named} of the last layer push most; the {len(strongest)} strongest add "
            f"{two_decimals(pushed)} logits, the other {len(self.channels) - len(strongest)} "
            f"{two_decimals(self.margin - pushed)}."
        )

    def numbers(self) -> dict[str, object]:
        """Everything in numbers, as JSON has it."""
        return {
            "true_label": self.true_label,
            "predicted_label": self.predicted_label,
            "count": self.count,
            "margin": self.margin,
            "cells": self.cells.tolist(),
            "channels": [{"channel": channel, "adds": value} for channel, value in self.strongest()],
        }


def confused_classes(explainer: Explainer, errors: Errors, true_label: str, predicted_label: str) -> ConfusedClasses:
    """What pushes pictures of one class towards another.

    Raises NeverConfusedError if none is taken for it, and ChoiceError for anything but two classes.
    """
    names = errors.class_names
    rows = errors.select(Selection(true_label, predicted_label))
    if true_label not in names or predicted_label not in names:
        raise ChoiceError(f"Name two of the classes: {', '.join(names)}.")
    if not len(rows):
        raise NeverConfusedError(f"No test picture of the class {true_label} is taken for {predicted_label}.")
    network, one, other = explainer.network, names.index(predicted_label), names.index(true_label)
    weights = (network.fc.weight[one] - network.fc.weight[other]).detach().double()
    cells, channels = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(len(weights), dtype=torch.float64)
    for start in range(0, len(rows), BATCH):
        images = to_tensor(errors.samples.images[rows[start : start + BATCH]]).to(explainer.device)
        with torch.inference_mode():
            activations = last_stage(network, images).double()  # margins are small differences of logits
            each = evidence_cells(network, activations)
            cells += (each[:, one] - each[:, other]).sum(dim=0).cpu()
            channels += (activations.amax(dim=(2, 3)) * weights).sum(dim=0).cpu()
    cells, channels = cells / len(rows), channels / len(rows)
    return ConfusedClasses(
        true_label, predicted_label, len(rows), float(channels.sum()), cells.numpy(), channels.numpy()
    )
