"""Choose and calibrate the warning that a picture shows none of the known classes; test pictures choose nothing.

The score is the one that best tells validation pictures from pictures made of them that show nothing; the threshold is
the one below which 5% of the validation pictures lie.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torchmetrics.functional.classification import binary_auroc

from interpret.attribution.erasing import CELL
from interpret.out_of_distribution import SCORES, Detector
from model.images import ImageError, prepare
from model.metrics import Rate, WarningFigures
from model.network import CifarResNet
from training.data.cifar10 import Split
from training.errors import TrainingError
from training.judging.evaluation import logits_of

FALSE_ALARM_RATE = 0.05
AT_MOST = 1_000  # pictures of each made kind: more would change the choice by nothing

Pictures = UInt8[np.ndarray, "count 32 32 3"]
Logits = Float[np.ndarray, "count classes"]


class OtherPicturesError(TrainingError):
    """A folder that should hold pictures of other things holds none."""


def made_outliers(split: Split, generator: np.random.Generator) -> dict[str, Pictures]:
    """Pictures made of a split's that show none of its classes, or no single one: at most 1,000 of each kind.

    `jigsaw`: a picture's sixteen squares in random order. `blend`: the mean of two pictures of different classes.
    `noise`: noise of a picture's own spectrum.
    """
    images = split.images[:AT_MOST]
    partner = generator.permutation(len(images))
    different = split.labels[:AT_MOST] != split.labels[partner]
    blended = ((images.astype(np.uint16) + images[partner]) // 2).astype(np.uint8)[different]
    made = {"jigsaw": _jigsaw(images, generator), "blend": blended, "noise": _noise(images, generator)}
    return {kind: pictures for kind, pictures in made.items() if len(pictures)}


def _jigsaw(images: Pictures, generator: np.random.Generator) -> Pictures:
    side = images.shape[1] // CELL
    squares = images.reshape(-1, side, CELL, side, CELL, 3).swapaxes(2, 3).reshape(-1, side**2, CELL, CELL, 3)
    order = generator.permuted(np.tile(np.arange(side**2), (len(images), 1)), axis=1)
    mixed = np.take_along_axis(squares, order[:, :, None, None, None], axis=1)
    return mixed.reshape(-1, side, side, CELL, CELL, 3).swapaxes(2, 3).reshape(images.shape)


def _noise(images: Pictures, generator: np.random.Generator) -> Pictures:
    spectrum = np.fft.fft2(images, axes=(1, 2))
    white = np.fft.fft2(generator.standard_normal(images.shape[:3]), axes=(1, 2))[..., None]
    phases = white / np.abs(white)
    phases[:, 0, 0] = 1  # the mean colour has none
    shifted = np.fft.ifft2(spectrum * phases, axes=(1, 2)).real
    return np.clip(np.rint(shifted), 0, 255).astype(np.uint8)


def auroc(inside: Float[np.ndarray, "inside"], outside: Float[np.ndarray, "outside"]) -> float:
    """How often a score inside is above one outside, in [0, 1]; 0.5 is chance. Mann and Whitney 1947."""
    scores = torch.from_numpy(np.concatenate([inside, outside]))
    is_inside = torch.cat([torch.ones(len(inside), dtype=torch.int64), torch.zeros(len(outside), dtype=torch.int64)])
    # Ranks in [0, 1]: what lies outside, torchmetrics would take through a sigmoid, which makes large scores equal.
    ranks = torch.unique(scores, return_inverse=True)[1] / len(scores)
    return float(binary_auroc(ranks, is_inside))


def calibrate(
    network: CifarResNet,
    validation: Split,
    validation_logits: Float[np.ndarray, "validation classes"],
    test_logits: Float[np.ndarray, "test classes"],
    temperature: float,
) -> WarningFigures:
    """What `metrics.json` says of the warning: the score chosen, its threshold, the AUROC of all scores on the made
    outliers, and the share of false alarms on the test pictures."""
    generator = np.random.default_rng(0)
    made = {
        kind: logits_of(network, Split(pictures, np.zeros(len(pictures), np.uint8)))
        for kind, pictures in made_outliers(validation, generator).items()
    }
    table = {
        name: {
            kind: auroc(_scores(name, validation_logits, temperature), _scores(name, each, temperature))
            for kind, each in made.items()
        }
        for name in SCORES
    }
    chosen = max(SCORES, key=lambda name: sum(table[name].values()))
    threshold = float(np.quantile(_scores(chosen, validation_logits, temperature), FALSE_ALARM_RATE))
    false_alarms = float((_scores(chosen, test_logits, temperature) < threshold).mean())
    return WarningFigures(chosen, threshold, Rate(false_alarms, len(test_logits)), auroc_on_made_outliers=table)


def _scores(name: str, logits: Logits, temperature: float) -> Float[np.ndarray, "count"]:
    return SCORES[name](torch.from_numpy(logits), temperature).numpy()


def detections(network: CifarResNet, detector: Detector, folders: Mapping[str, Path]) -> dict[str, Rate]:
    """How often it warns of the pictures in folders, by the name of what they show. Raises OtherPicturesError."""
    found = {}
    for name, folder in folders.items():
        pictures = pictures_in(folder)
        logits = logits_of(network, Split(pictures, np.zeros(len(pictures), np.uint8)))
        warned = detector.warns(torch.from_numpy(logits), network.config.temperature)
        found[name] = Rate(float(np.mean(warned)), len(warned))
    return found


def pictures_in(folder: Path) -> Pictures:
    """All pictures below a folder, as the app would see them; other files are passed over.

    Raises OtherPicturesError if there is none.
    """
    pictures = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                pictures.append(prepare(path))
            except ImageError:
                continue
    if not pictures:
        raise OtherPicturesError(f"There is no picture in {folder}.")
    return np.stack(pictures)
