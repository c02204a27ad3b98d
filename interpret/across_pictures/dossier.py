"""A channel's dossier: which pictures of the gallery excite it most, how it answers to each class, and what the network
loses without it. It says what was measured, and invents no meaning.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from interpret.choices import ChoiceError, check_name, check_whole
from interpret.drawing.receptive_field import draw_patch
from interpret.drawing.render import two_decimals
from interpret.drawing.words import percent
from interpret.layers.channels import OUTPUT, module_name
from interpret.layers.receptive_field import Box, receptive_field
from model.channels.facts import CHANNELS, LayerFacts
from model.channels.gallery import GALLERY, Gallery
from model.network import STAGE_NAMES, CifarResNet
from model.release import Release


@dataclass(frozen=True)
class Dossier:
    """What a release knows of one channel.

    `fields` are the receptive fields of the cells where the gallery's strongest pictures excite it. `weights` are its
    weights in `fc`, by class: of the last stage's channels only. `right_with` and `tested` count each class's test
    images: those that the whole network gets right, and all.
    """

    layer: str
    channel: int
    class_names: tuple[str, ...]
    gallery: Gallery
    facts: LayerFacts
    fields: tuple[Box, ...]
    weights: Float[np.ndarray, "classes"] | None
    right_with: Int[np.ndarray, "classes"]
    tested: Int[np.ndarray, "classes"]

    @property
    def rows(self) -> Int[np.ndarray, "strongest"]:
        """The strongest pictures' rows in the gallery, strongest first."""
        return self.facts.strongest[self.channel]

    @property
    def right_without(self) -> Int[np.ndarray, "classes"] | None:
        """How many test images of each class are right with the channel at zero; None if nobody has measured it."""
        return None if self.facts.right_without is None else self.facts.right_without[self.channel]

    def pictures(self) -> list[tuple[UInt8[np.ndarray, "256 256 3"], str]]:
        """The strongest pictures, each with the patch that excited the channel, and a caption."""
        found = []
        for row, field, response in zip(self.rows, self.fields, self.facts.responses[self.channel], strict=True):
            caption = f"{self.class_names[self.gallery.labels[row]]}, {response:.2f}"
            found.append((draw_patch(self.gallery.images[row], field), caption))
        return found

    def sentence(self) -> str:
        """What it answers to, how often it is silent, its weights, and what is lost without it."""
        parts = [self._answers(), self._silence(), self._weighs(), self._loses()]
        return " ".join(part for part in parts if part)

    def _answers(self) -> str:
        means, responses = self.facts.class_means[self.channel], self.facts.responses[self.channel]
        if not responses.any():
            return f"Channel {self.channel} of {self.layer} answers to no picture of the gallery."
        best = self.class_names[int(means.argmax())]
        labels = self.gallery.labels[self.rows]
        counts = np.bincount(labels, minlength=len(means))
        most = int(counts.argmax())
        many = f"All {len(labels)}" if counts[most] == len(labels) else f"{counts[most]} of its {len(labels)}"
        return (
            f"Channel {self.channel} of {self.layer} answers most to {best}: {means.max():.2f} on average, "
            f"{means.mean():.2f} over all classes. {many} strongest pictures are labelled {self.class_names[most]}."
        )

    def _silence(self) -> str:
        share, total = float(self.facts.silent[self.channel]), f"{len(self.gallery):,} gallery pictures"
        if not share:
            return f"None of {total} leaves it at zero."
        return f"It is zero everywhere for {'less than 1%' if share < 0.005 else percent(share)} of {total}."

    def _weighs(self) -> str:
        if self.weights is None:
            return ""
        ends = int(self.weights.argmax()), int(self.weights.argmin())
        (most, high), (least, low) = (
            (self.class_names[end], two_decimals(float(self.weights[end]), plus=True)) for end in ends
        )
        return f"Its weight is largest for {most} ({high}) and smallest for {least} ({low})."

    def _loses(self) -> str:
        if self.right_without is None:
            return "What the network loses without it was not measured for this layer."
        before, after, total = (int(each.sum()) for each in (self.right_with, self.right_without, self.tested))
        losses = (self.right_with - self.right_without) / np.maximum(1, self.tested)
        worst = int(losses.argmax())
        change = f"{after / total:.2%} of {total:,} test pictures are right, {before / total:.2%} with it"
        if losses[worst] <= 0:
            return f"Without it {change}; no class loses."
        return f"Without it {change}; {self.class_names[worst]} loses most, {100 * losses[worst]:.1f} points."

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it; null where it is not known."""
        names, without = self.class_names, self.right_without
        return {
            "layer": self.layer,
            "channel": self.channel,
            "strongest": [
                {
                    "train_index": int(self.gallery.train_indices[row]),
                    "label": names[self.gallery.labels[row]],
                    "response": float(response),
                    "row": int(place[0]),
                    "column": int(place[1]),
                    "receptive_field": [field.top, field.left, field.bottom, field.right],
                }
                for row, place, field, response in zip(
                    self.rows,
                    self.facts.places[self.channel],
                    self.fields,
                    self.facts.responses[self.channel],
                    strict=True,
                )
            ],
            "class_means": dict(zip(names, self.facts.class_means[self.channel].tolist(), strict=True)),
            "silent": float(self.facts.silent[self.channel]),
            "fc_weights": None if self.weights is None else dict(zip(names, self.weights.tolist(), strict=True)),
            "right_with": dict(zip(names, self.right_with.tolist(), strict=True)),
            "right_without": None if without is None else dict(zip(names, without.tolist(), strict=True)),
            "test_pictures": dict(zip(names, self.tested.tolist(), strict=True)),
        }


def facts_of(release: Release) -> tuple[Gallery, dict[str, LayerFacts]]:
    """The gallery and what is known of all channels. Raises ChoiceError if the release lacks them."""
    for name, table in ((GALLERY, release.gallery), (CHANNELS, release.channels)):
        if table is None:
            raise ChoiceError(f"This release cannot tell: {name} {release.lacks.get(name, 'is not there')}.")
    assert release.gallery is not None and release.channels is not None
    return release.gallery, dict(release.channels)


def dossier(release: Release, layer: str, channel: int | float) -> Dossier:
    """The dossier of a channel: of a stage, or of a convolution inside a residual stage (`resnet_block1.0`).

    Raises ChoiceError.
    """
    gallery, known = facts_of(release)
    network = release.network
    facts = known[check_name("layer", layer, tuple(known))]
    channel = check_whole(f"channel of {layer}", channel, 0, len(facts) - 1)
    point = module_name(network, layer, OUTPUT)
    fields = tuple(receptive_field(network, point, *place) for place in facts.places[channel].tolist())
    matrix = np.array(release.metrics.test.confusion_matrix, np.int64)
    return Dossier(
        layer,
        channel,
        network.config.class_names,
        gallery,
        facts,
        fields,
        weights_of(network, channel) if layer == STAGE_NAMES[-1] else None,
        np.diag(matrix),
        matrix.sum(axis=1),
    )


def weights_of(network: CifarResNet, channel: int) -> Float[np.ndarray, "classes"]:
    """By class, the weight that `fc` gives a channel of the last stage."""
    return network.fc.weight[:, channel].numpy(force=True)


def most_lost_first(release: Release, layer: str) -> Int[np.ndarray, "channels"]:
    """A layer's channels, those first without which the fewest test images are right. Raises ChoiceError if the release
    does not know it."""
    _, known = facts_of(release)
    if layer not in known or (right := known[layer].right_without) is None:
        raise ChoiceError(f"What the network loses without channels of {layer} was not measured for this release.")
    return np.argsort(right.sum(axis=1), kind="stable")
