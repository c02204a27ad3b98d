"""The training images that a network finds most like its errors: it had learnt what these are called."""

import logging

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.last_stage import pooled_maxima
from model.images import to_tensor
from model.network import CifarResNet
from model.samples import Misclassified, NearestTraining
from training.data.split import Split

logger = logging.getLogger(__name__)

BATCH = 250
TOLD_EVERY = 10_000


def nearest_training(
    network: CifarResNet, misclassified: Misclassified, train: Split, count: int = 4
) -> NearestTraining:
    """For each error the `count` training images (all, if there are fewer) with the nearest last features.

    Every pair is compared, by its Euclidean distance in float64; of two that are equally near, the one of the lower
    index comes first. `train` holds the training images in the data set's own order: their rows are the indices.
    """
    starts = range(0, max(1, len(misclassified)), BATCH)
    wanted = torch.cat([last_features(network, misclassified.images[start : start + BATCH]) for start in starts])
    distances = torch.zeros(len(wanted), 0, dtype=torch.float64)
    indices = torch.zeros(len(wanted), 0, dtype=torch.int64)
    for start in range(0, len(train), BATCH):
        features = last_features(network, train.images[start : start + BATCH])
        # Without the product of matrices, whose rounding depends on where in the matrix a pair stands.
        found = torch.cdist(wanted, features, compute_mode="donot_use_mm_for_euclid_dist")
        rows = torch.arange(start, start + len(features)).expand(len(wanted), -1)
        distances, order = torch.cat([distances, found], dim=1).sort(dim=1, stable=True)
        distances, order = distances[:, :count], order[:, :count]
        indices = torch.cat([indices, rows], dim=1).gather(1, order)
        if (done := start + len(features)) % TOLD_EVERY == 0:
            logger.info("Compared with %d of %d training pictures", done, len(train))
    found_rows = indices.numpy()
    return NearestTraining(
        test_indices=misclassified.test_indices,
        train_indices=found_rows,
        labels=train.labels[found_rows].astype(np.int64),
        distances=distances.numpy().astype(np.float32),
        images=train.images[found_rows],
    )


def features_of(
    network: CifarResNet, images: UInt8[np.ndarray, "count 32 32 3"]
) -> Float[np.ndarray, "count channels"]:
    """The last features of any number of images, in batches, in float32."""
    starts = range(0, len(images), BATCH)
    return torch.cat([last_features(network, images[start : start + BATCH]) for start in starts]).float().numpy()


def last_features(network: CifarResNet, images: UInt8[np.ndarray, "batch 32 32 3"]) -> Float[Tensor, "batch channels"]:
    """Each channel's maximum over the last stage's cells, which `fc` weights; in float64, on the CPU."""
    with torch.inference_mode():
        return pooled_maxima(network, to_tensor(images).to(network.mean.device)).cpu().double()
