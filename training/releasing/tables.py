"""The optional tables of a release: what people said of doubtful labels, the training images nearest to errors, the
last stage's maxima of all test images, a gallery, and what is known of each channel."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from model.channels.facts import LayerFacts, save_facts
from model.channels.gallery import save_gallery
from model.channels.pooled import PooledMaxima, save_pooled
from model.network import CIFAR10_CLASSES, STAGE_NAMES, CifarResNet
from model.samples import Misclassified, save_nearest, save_reviews
from training.data.cifar10 import is_whole_test_set
from training.data.label_reviews import label_reviews
from training.data.split import Split
from training.judging.channels.facts import channel_facts, gallery_of
from training.judging.channels.lesions import right_without_last
from training.judging.nearest_training import features_of, nearest_training

RightWithout = Mapping[str, Int[np.ndarray, "channels classes"]]


def write_tables(
    folder: Path,
    network: CifarResNet,
    misclassified: Misclassified,
    train: Split,
    test: Split,
    right_without: RightWithout | None = None,
) -> None:
    """Writes all of them, `label_reviews.parquet` only if `test` is the whole of CIFAR-10's test set.

    `train` holds all training images, those that were held out too: their rows are the data set's own. `right_without`
    is what was measured of layers before the last; the last one's channels take no time.
    """
    class_names = network.config.class_names
    if is_whole_test_set(test) and class_names == CIFAR10_CLASSES:
        save_reviews(label_reviews(class_names), class_names, folder)
    save_nearest(nearest_training(network, misclassified, train), class_names, folder)
    maxima = PooledMaxima(test.labels.astype(np.int64), features_of(network, test.images))
    save_pooled(maxima, class_names, folder)
    gallery = gallery_of(network, train)
    save_gallery(gallery, class_names, folder)
    measured = {**(right_without or {}), STAGE_NAMES[-1]: right_without_last(network, maxima)}
    save_facts(with_lesions(channel_facts(network, gallery), measured), gallery, folder)


def with_lesions(facts: Mapping[str, LayerFacts], right_without: RightWithout) -> dict[str, LayerFacts]:
    """The facts with what was measured of the network without each channel."""
    return {name: replace(layer, right_without=right_without.get(name)) for name, layer in facts.items()}
