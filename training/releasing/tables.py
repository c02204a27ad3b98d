"""The optional tables of a release: what people said of doubtful labels, the training images nearest to errors, and the
last stage's maxima of all test images."""

from pathlib import Path

import numpy as np

from model.network import CIFAR10_CLASSES, CifarResNet
from model.pooled import PooledMaxima, save_pooled
from model.samples import Misclassified, save_nearest, save_reviews
from training.data.cifar10 import Split
from training.data.label_reviews import label_reviews
from training.judging.evaluation import WHOLE_TEST_SET
from training.judging.nearest_training import features_of, nearest_training


def write_tables(folder: Path, network: CifarResNet, misclassified: Misclassified, train: Split, test: Split) -> None:
    """Writes `nearest_training.parquet`, `pooled_maxima.parquet`, and `label_reviews.parquet` if `test` is the whole of
    CIFAR-10's test set.

    `train` holds all training images, those that were held out too: their rows are the data set's own.
    """
    class_names = network.config.class_names
    if len(test) == WHOLE_TEST_SET and class_names == CIFAR10_CLASSES:
        save_reviews(label_reviews(class_names), class_names, folder)
    save_nearest(nearest_training(network, misclassified, train), class_names, folder)
    save_pooled(PooledMaxima(test.labels.astype(np.int64), features_of(network, test.images)), class_names, folder)
