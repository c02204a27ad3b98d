"""Choose and calibrate the warning that an image shows none of the known classes; test images choose nothing.

The score is the one that best tells validation images from images made of them that show nothing; 5% of the validation
images lie below the threshold.
"""

from collections.abc import Mapping
from dataclasses import replace
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
from model.release import Release
from training.data.split import Split
from training.errors import TrainingError
from training.judging.evaluation import logits_of

FALSE_ALARM_RATE = 0.05
AT_MOST = 1_000  # images of each made kind: more would change the choice by nothing

Images = UInt8[np.ndarray, "count 32 32 3"]
Logits = Float[np.ndarray, "count classes"]


class OtherImagesError(TrainingError):
    """A folder that should hold images of other things holds none."""


def made_outliers(split: Split, generator: np.random.Generator) -> dict[str, Images]:
    """Images made of a split's that show none of its classes, or no single one: at most 1,000 of each kind.

    `jigsaw`: an image's sixteen squares in random order. `blend`: the mean of two images of different classes.
    `noise`: noise of an image's own spectrum.
    """
    images = split.images[:AT_MOST]
    partner = generator.permutation(len(images))
    different = split.labels[:AT_MOST] != split.labels[partner]
    blended = ((images.astype(np.uint16) + images[partner]) // 2).astype(np.uint8)[different]
    made = {"jigsaw": _jigsaw(images, generator), "blend": blended, "noise": _noise(images, generator)}
    return {kind: each for kind, each in made.items() if len(each)}


def _jigsaw(images: Images, generator: np.random.Generator) -> Images:
    side = images.shape[1] // CELL
    squares = images.reshape(-1, side, CELL, side, CELL, 3).swapaxes(2, 3).reshape(-1, side**2, CELL, CELL, 3)
    order = generator.permuted(np.tile(np.arange(side**2), (len(images), 1)), axis=1)
    mixed = np.take_along_axis(squares, order[:, :, None, None, None], axis=1)
    return mixed.reshape(-1, side, side, CELL, CELL, 3).swapaxes(2, 3).reshape(images.shape)


def _noise(images: Images, generator: np.random.Generator) -> Images:
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


def warning_figures(release: Release, validation: Split, test: Split, folders: Mapping[str, Path]) -> WarningFigures:
    """What `metrics.json` says of the warning, calibrated anew on the images that the release's run held out.

    Raises OtherImagesError.
    """
    network = release.network
    logits, temperature = logits_of(network, validation), release.config.temperature
    found = calibrate(network, validation, logits, logits_of(network, test), temperature)
    detector = Detector(found.score, found.threshold, found.false_alarms, {})
    return replace(found, detections=detections(network, detector, folders))


def warning_table(found: WarningFigures) -> str:
    """The warning's figures as Markdown."""
    false_alarms = found.false_alarms
    lines = [
        f"Score {found.score}, threshold {found.threshold:.3f}.",
        "",
        "| pictures | count | warned of |",
        "| --- | --- | --- |",
        f"| CIFAR-10's test pictures (false alarms) | {false_alarms.count:,} | {false_alarms.rate:.1%} |",
    ]
    lines += [f"| {name} | {each.count:,} | {each.rate:.1%} |" for name, each in (found.detections or {}).items()]
    return "\n".join(lines)


def calibrate(
    network: CifarResNet,
    validation: Split,
    validation_logits: Float[np.ndarray, "validation classes"],
    test_logits: Float[np.ndarray, "test classes"],
    temperature: float,
) -> WarningFigures:
    """What `metrics.json` says of the warning: the score chosen, its threshold, the AUROC of all scores on the made
    outliers, and the share of false alarms on the test images."""
    generator = np.random.default_rng(0)
    made = {
        kind: logits_of(network, Split(images, np.zeros(len(images), np.uint8)))
        for kind, images in made_outliers(validation, generator).items()
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
    """How often it warns of the images in folders, by the name of what they show. Raises OtherImagesError."""
    found = {}
    for name, folder in folders.items():
        images = images_in(folder)
        logits = logits_of(network, Split(images, np.zeros(len(images), np.uint8)))
        warned = detector.warns(torch.from_numpy(logits), network.config.temperature)
        found[name] = Rate(float(np.mean(warned)), len(warned))
    return found


def images_in(folder: Path) -> Images:
    """All images below a folder, as the app would see them; other files are skipped.

    Raises OtherImagesError if there is none.
    """
    images = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                images.append(prepare(path))
            except ImageError:
                continue
    if not images:
        raise OtherImagesError(f"There is no picture in {folder}.")
    return np.stack(images)
