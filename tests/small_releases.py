"""Releases with small optional tables, or that say how strong their maps usually are, for tests of what reads them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from interpret.attribution.methods import METHOD_NAMES
from model.channels.facts import LayerFacts, save_facts
from model.channels.gallery import Gallery, save_gallery
from model.channels.pooled import PooledMaxima, save_pooled
from model.metrics import MethodStrength, StrengthFigures
from model.network import CIFAR10_CLASSES, STAGE_NAMES
from model.release import Release, load_release, seal
from model.samples import LabelReviews, Misclassified, NearestTraining, save_nearest, save_reviews


def three_errors() -> Misclassified:
    """Of test images 4, 7 and 9."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(10), 3).astype(np.float32)
    predictions = probabilities.argmax(axis=1)
    return Misclassified(
        images=rng.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8),
        test_indices=np.array([4, 7, 9]),
        labels=(predictions + 1) % 10,
        predictions=predictions,
        probabilities=probabilities,
    )


def two_reviews() -> LabelReviews:
    """Of test images 4 and 8."""
    return LabelReviews(np.array([4, 8]), np.array([3, 0]), np.array([5, 9]), np.array([[1, 3, 1, 0], [0, 2, 0, 3]]))


def two_nearest(samples: Misclassified) -> NearestTraining:
    """Two training images to each error, of which all have the nearest one in common."""
    errors, rng = len(samples), np.random.default_rng(1)
    train_indices = np.stack([np.full(errors, 77), 100 + np.arange(errors)], axis=1)
    images = rng.integers(0, 256, (errors, 2, 32, 32, 3), dtype=np.uint8)
    images[:, 0] = images[0, 0]
    distances = np.sort(rng.random((errors, 2)).astype(np.float32), axis=1)
    return NearestTraining(samples.test_indices, train_indices, train_indices % 10, distances, images)


def few_maxima() -> PooledMaxima:
    """Of four test images; channel 5 is zero in all of them."""
    values = np.random.default_rng(2).random((4, 512)).astype(np.float32)
    values[:, 5] = 0
    return PooledMaxima(np.array([3, 1, 4, 1]), values)


def small_gallery(count: int = 20) -> Gallery:
    """Pictures of noise, of all ten classes in turn."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    features = rng.random((count, 512)).astype(np.float16).astype(np.float32)
    return Gallery(images, np.arange(100, 100 + count), np.arange(count) % 10, features)


def some_facts() -> dict[str, LayerFacts]:
    """Of two layers that the network has, of which one was measured without its channels."""
    return {"prep_layer": facts_of_layer(64, measured=False), "resnet_block3": facts_of_layer(512, measured=True)}


def facts_of_layer(channels: int, *, measured: bool) -> LayerFacts:
    """As if from `small_gallery` and four test images."""
    rng = np.random.default_rng(channels)
    return LayerFacts(
        strongest=rng.integers(0, 20, (channels, 3)),
        places=rng.integers(0, 4, (channels, 3, 2)),
        responses=-np.sort(-rng.random((channels, 3)).astype(np.float32)),
        class_means=rng.random((channels, 10)).astype(np.float32),
        silent=rng.random(channels).astype(np.float32),
        right_without=rng.integers(0, 2, (channels, 10)) if measured else None,
    )


def add_tables(folder: Path) -> None:
    """Gives a release all optional tables."""
    release = load_release(folder)
    save_reviews(two_reviews(), CIFAR10_CLASSES, folder)
    save_nearest(two_nearest(release.misclassified), CIFAR10_CLASSES, folder)
    save_pooled(few_maxima(), CIFAR10_CLASSES, folder)
    save_gallery(small_gallery(), CIFAR10_CLASSES, folder)
    save_facts(some_facts(), small_gallery(), folder)
    seal(release.config, folder)


def with_tables(release: Path, folder: Path) -> Path:
    """A copy of a release, in `folder`, that has all optional tables."""
    shutil.copytree(release, folder)
    add_tables(folder)
    return folder


def with_strength(release: Release, value: float | None) -> Release:
    """The release with this strength for every method and stage, or with none."""
    said = None
    if value:
        strength = MethodStrength(None, dict.fromkeys(STAGE_NAMES, value))
        said = StrengthFigures(None, dict.fromkeys(METHOD_NAMES, strength))
    return replace(release, metrics=replace(release.metrics, map_strength=said))
