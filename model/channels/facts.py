"""What is known of each channel, an optional table of a release. `channels.parquet` has a row for each channel of each
layer: what excites it in the gallery, how it answers to each class, and what the network gets right without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from model.channels.gallery import Gallery
from model.files.tables import Column, Table, TableError, number_lists, numbers, words, write_table
from model.network import STAGES

CHANNELS, OF_GALLERY = "channels.parquet", "gallery_sha256"
SIZES = {stage.name: stage for stage in STAGES}


@dataclass(frozen=True)
class LayerFacts:
    """The channels of one layer. A channel's response to an image is its largest value, at least 0.

    - `strongest`: the gallery's rows that it responds to most, strongest first, the cells (row, column) of its map
      where it does (`places`), and its values there (`responses`).
    - `class_means`: its mean response to the gallery's images of each class; 0 for a class of which it has none.
    - `silent`: the share of the gallery's images to which its response is 0, in [0, 1].
    - `right_without`: how many test images of each class the network gets right with the channel at zero; None where
      nobody has measured it.
    """

    strongest: Int[np.ndarray, "channels strongest"]
    places: Int[np.ndarray, "channels strongest 2"]
    responses: Float[np.ndarray, "channels strongest"]
    class_means: Float[np.ndarray, "channels classes"]
    silent: Float[np.ndarray, "channels"]
    right_without: Int[np.ndarray, "channels classes"] | None = None

    def __len__(self) -> int:
        return len(self.silent)


def save_facts(facts: Mapping[str, LayerFacts], gallery: Gallery, folder: Path) -> None:
    """Writes `channels.parquet`, which speaks of this gallery."""
    names = [name for name, layer in facts.items() for _ in range(len(layer))]
    layers = list(facts.values())

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(layer, name) for layer in layers])

    columns: dict[str, Column] = {
        "layer": words(names),
        "channel": numbers(np.concatenate([np.arange(len(layer)) for layer in layers]), "int32"),
        "strongest": number_lists(joined("strongest"), "int32"),
        "rows": number_lists(joined("places")[..., 0], "int32"),
        "columns": number_lists(joined("places")[..., 1], "int32"),
        "responses": number_lists(joined("responses"), "float32"),
        "class_means": number_lists(joined("class_means"), "float32"),
        "silent": numbers(joined("silent"), "float32"),
        "right_without": number_lists(_counts(layers), "int32"),
    }
    write_table(columns, folder / CHANNELS, notes={OF_GALLERY: gallery.fingerprint})


def _counts(layers: list[LayerFacts]) -> list[list[int] | None]:
    rows: list[list[int] | None] = []
    for layer in layers:
        rows += [None] * len(layer) if layer.right_without is None else layer.right_without.tolist()
    return rows


def load_facts(folder: Path, class_count: int, gallery: Gallery) -> dict[str, LayerFacts]:
    """Reads `channels.parquet`, which must be of this gallery: by layer, in their order. Raises TableError."""
    table = Table(folder / CHANNELS)
    if table.note(OF_GALLERY) != gallery.fingerprint:
        raise TableError("it is of another gallery than gallery.parquet")
    strongest = table.lists_of_numbers("strongest").astype(np.int64)
    wide = strongest.shape[1]
    places = np.stack([table.lists_of_numbers(name, wide).astype(np.int64) for name in ("rows", "columns")], axis=-1)
    if len(table) and (strongest.min() < 0 or strongest.max() >= len(gallery)):
        raise TableError("it names pictures that do not exist")
    names = table.words("layer")
    channels, silent = table.whole_numbers("channel"), table.not_negative("silent")
    responses, means = (table.lists_of_numbers(*each) for each in (("responses", wide), ("class_means", class_count)))
    if not (np.isfinite(responses).all() and np.isfinite(means).all() and (silent <= 1).all()):
        raise TableError("responses and class_means must be finite, silent a share")
    right, known = table.lists_or_null("right_without", class_count)
    found: dict[str, LayerFacts] = {}
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(np.array(names) == name)
        stage = SIZES.get(name.partition(".")[0])
        if stage is None or not np.array_equal(channels[rows], np.arange(stage.channels)):
            raise TableError(f"it does not hold the channels of {name}, numbered from 0")
        if not ((places[rows] >= 0) & (places[rows] < stage.resolution)).all():
            raise TableError(f"it names cells of {name} that do not exist")
        without = right[rows].astype(np.int64) if known[rows].all() else None
        found[name] = LayerFacts(
            strongest[rows], places[rows], responses[rows], means[rows], silent[rows], without
        )  # fmt: skip
    return found
