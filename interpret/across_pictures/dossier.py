"""A channel's dossier: which pictures of the gallery excite it most, how it answers to each class, and what the network
loses without it. It says what was measured, and invents no meaning.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from interpret.across_pictures.needed import needed
from interpret.choices import ChoiceError, check_name, check_whole
from interpret.drawing.receptive_field import draw_patch
from interpret.drawing.words import counted
from interpret.layers.channels import OUTPUT, module_name
from interpret.layers.receptive_field import Box, receptive_field
from interpret.prediction import percent
from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY, Gallery
from model.network import STAGE_NAMES, CifarResNet
from model.release import Release


@dataclass(frozen=True)
class Strong:
    """A picture of the gallery by its row that excites a channel: how much, in which cell of its map, which sees
    `field`."""

    row: int
    response: float
    cell: tuple[int, int]
    field: Box


@dataclass(frozen=True)
class Dossier:
    """What a release knows of one channel; `class_means` and `silent` are as `LayerFacts` has them.

    `strongest` are at most nine pictures, strongest first. `weights` are its weights in `fc`, by class: of the last
    stage's channels only. Each class's test images are counted: those that are right with it, those that are right with
    the channel at zero (None: nobody has measured it), and all.
    """

    layer: str
    channel: int
    class_names: tuple[str, ...]
    gallery: Gallery
    strongest: tuple[Strong, ...]
    class_means: Float[np.ndarray, "classes"]
    silent: float
    weights: Float[np.ndarray, "classes"] | None
    right_with: Int[np.ndarray, "classes"]
    right_without: Int[np.ndarray, "classes"] | None
    tested: Int[np.ndarray, "classes"]

    def label(self, strong: Strong) -> str:
        """What a picture of the gallery is called."""
        return self.class_names[self.gallery.labels[strong.row]]

    def pictures(self) -> list[tuple[UInt8[np.ndarray, "256 256 3"], str]]:
        """The strongest pictures, what the strongest cell sees framed in them, with captions."""
        return [
            (draw_patch(self.gallery.images[each.row], each.field), f"{self.label(each)}, {each.response:.2f}")
            for each in self.strongest
        ]

    def sentence(self) -> str:
        """What it answers to, how often it is silent, its weights, and what is lost without it."""
        answers = (self._answers(), self._silence()) if self.strongest else (self._answers(),)
        return " ".join(part for part in (*answers, self._weighs(), self._loses()) if part)

    def _answers(self) -> str:
        name = f"Channel {self.channel} of {self.layer}"
        if not self.strongest:
            return f"{name} is zero everywhere for all {len(self.gallery):,} gallery pictures."
        means = self.class_means
        best = self.class_names[int(means.argmax())]
        told = counted([self.label(each) for each in self.strongest])
        return (
            f"{name} responds most to {best}: its largest value is {means.max():.2f} on average over the gallery's "
            f"pictures of that class, {means.mean():.2f} over all classes. Its {len(self.strongest)} strongest "
            f"pictures are labelled {told}."
        )

    def _silence(self) -> str:
        total = f"the {len(self.gallery):,} gallery pictures"
        if not self.silent:
            return f"It responds to every one of {total}."
        return (
            f"It is zero everywhere for {'less than 1%' if self.silent < 0.005 else percent(self.silent)} of {total}."
        )

    def _weighs(self) -> str:
        if self.weights is None:
            return ""
        ends = int(self.weights.argmax()), int(self.weights.argmin())
        (most, high), (least, low) = ((self.class_names[end], f"{self.weights[end]:+.3f}") for end in ends)
        told = f"Its weight in fc is largest for {most} ({high}) and smallest for {least} ({low})."
        return told.replace("-", "\u2212")

    def _loses(self) -> str:
        if self.right_without is None:
            return "What the network loses without it was not measured for this layer's channels."
        before, after, total = (int(each.sum()) for each in (self.right_with, self.right_without, self.tested))
        losses = (self.right_with - self.right_without) / np.maximum(1, self.tested)
        worst = int(losses.argmax())
        change = f"{after / total:.2%} of {total:,} test pictures are right, {before / total:.2%} with it"
        if losses[worst] <= 0:
            return f"Without it {change}; no class loses."
        return (
            f"Without it {change}; {self.class_names[worst]} loses most, {100 * losses[worst]:.1f} percentage points."
        )

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it; null where it is not known. Receptive fields are clipped."""
        names, without = self.class_names, self.right_without
        return {
            "layer": self.layer,
            "channel": self.channel,
            "strongest": [
                {
                    "train_index": int(self.gallery.train_indices[each.row]),
                    "label": self.label(each),
                    "response": each.response,
                    "row": each.cell[0],
                    "column": each.cell[1],
                    "receptive_field": vars(each.field.cut),
                }
                for each in self.strongest
            ],
            "class_means": dict(zip(names, self.class_means.tolist(), strict=True)),
            "silent": self.silent,
            "fc_weights": None if self.weights is None else dict(zip(names, self.weights.tolist(), strict=True)),
            "right_with": dict(zip(names, self.right_with.tolist(), strict=True)),
            "right_without": None if without is None else dict(zip(names, without.tolist(), strict=True)),
            "test_pictures": dict(zip(names, self.tested.tolist(), strict=True)),
        }


def dossier(release: Release, layer: str, channel: int | float) -> Dossier:
    """The dossier of a channel: of a stage, or of a convolution inside a residual stage (`resnet_block1.0`).

    Pictures that do not excite it at all are not among its strongest. Raises ChoiceError.
    """
    known, gallery, network = needed(release, CHANNELS), needed(release, GALLERY), release.network
    facts = known[check_name("layer", layer, tuple(known))]
    channel = check_whole(f"channel of {layer}", channel, 0, len(facts) - 1)
    point = module_name(network, layer, OUTPUT)
    found = zip(*(each[channel].tolist() for each in (facts.strongest, facts.responses, facts.places)), strict=True)
    strongest = tuple(
        Strong(row, response, (at, across), receptive_field(network, point, at, across))
        for row, response, (at, across) in found
        if response > 0
    )
    matrix = np.array(release.metrics.test.confusion_matrix, np.int64)
    return Dossier(
        layer,
        channel,
        network.config.class_names,
        gallery,
        strongest,
        facts.class_means[channel],
        float(facts.silent[channel]),
        weights_of(network, channel) if layer == STAGE_NAMES[-1] else None,
        np.diag(matrix),
        None if facts.right_without is None else facts.right_without[channel],
        matrix.sum(axis=1),
    )


def weights_of(network: CifarResNet, channel: int) -> Float[np.ndarray, "classes"]:
    """By class, the weight that `fc` gives a channel of the last stage."""
    return network.fc.weight[:, channel].numpy(force=True)


def most_lost_first(release: Release, layer: str) -> Int[np.ndarray, "channels"]:
    """A layer's channels, those first without which the fewest test images are right. Raises ChoiceError if the release
    does not know it."""
    known = needed(release, CHANNELS)
    if layer not in known or (right := known[layer].right_without) is None:
        raise ChoiceError(f"What the network loses without channels of {layer} was not measured for this release.")
    return np.argsort(right.sum(axis=1), kind="stable")
