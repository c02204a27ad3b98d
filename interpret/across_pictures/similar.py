"""The pictures of the gallery that are most like a picture to the network: by its last features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from interpret.across_pictures.needed import needed
from interpret.attribution.last_stage import pooled_maxima
from interpret.choices import check_whole
from interpret.drawing.render import enlarge
from interpret.drawing.words import counted
from interpret.explainer import Explainer, ImageSource
from model.channels.gallery import GALLERY, Gallery

MOST, FACTOR = 24, 6


@dataclass(frozen=True)
class Similar:
    """Rows of the gallery, nearest first, with the Euclidean distances of their last features."""

    gallery: Gallery
    class_names: tuple[str, ...]
    rows: Int[np.ndarray, "found"]
    distances: Float[np.ndarray, "found"]

    @property
    def labels(self) -> list[str]:
        return [self.class_names[label] for label in self.gallery.labels[self.rows]]

    def pictures(self) -> list[tuple[UInt8[np.ndarray, "192 192 3"], str]]:
        """The pictures with captions."""
        each = zip(self.rows, self.labels, self.distances, strict=True)
        return [(enlarge(self.gallery.images[row], FACTOR), f"{name}, distance {near:.1f}") for row, name, near in each]

    def sentence(self) -> str:
        """What the nearest pictures are called."""
        told = counted(self.labels)
        nearest, furthest = float(self.distances[0]), float(self.distances[-1])
        if len(self.rows) == 1:
            return (
                f"Of the {len(self.gallery):,} training pictures in the gallery, the one that is nearest to this "
                f"picture in the network's last features is labelled {told}, at distance {nearest:.1f}."
            )
        return (
            f"Of the {len(self.gallery):,} training pictures in the gallery, the {len(self.rows)} that are nearest to "
            f"this picture in the network's last features are labelled {told}; distances {nearest:.1f} to "
            f"{furthest:.1f}."
        )

    def numbers(self) -> list[dict[str, Any]]:
        """As JSON has it."""
        each = zip(self.gallery.train_indices[self.rows], self.labels, self.distances, strict=True)
        return [{"train_index": int(index), "label": name, "distance": float(near)} for index, name, near in each]


def similar(explainer: Explainer, image: ImageSource, squaring: str, count: int | float) -> Similar:
    """The `count` pictures of the gallery, from 1 to 24, that are nearest to a picture.

    Raises ImageError or ChoiceError.
    """
    gallery = needed(explainer.release, GALLERY)
    count = check_whole("count", count, 1, MOST)
    _, images = explainer.preprocess(image, squaring)
    network = explainer.network
    features = pooled_maxima(network, images)[0].numpy(force=True)
    rows, distances = gallery.nearest(features, count)
    return Similar(gallery, explainer.class_names, rows, distances)
