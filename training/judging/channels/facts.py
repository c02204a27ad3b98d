"""What excites each channel of a network: its strongest responses in a gallery of training images."""

import numpy as np
import torch
from jaxtyping import Float, Int

from interpret.layers.channels import OUTPUT, layer_names, module_name
from model.channels.facts import LayerFacts
from model.channels.gallery import Gallery
from model.images import to_tensor
from model.network import CifarResNet
from training.data.split import Split
from training.judging.nearest_training import features_of

STRONGEST = 9
OF_EACH_CLASS = 200
SEED = 0
BATCH = 100


def gallery_of(network: CifarResNet, train: Split, of_each_class: int = OF_EACH_CLASS) -> Gallery:
    """So many training images of each class, drawn at random from a fixed seed (all, if there are fewer), in the order
    of the training set."""
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(train))
    rows = [order[train.labels[order] == label][:of_each_class] for label in range(len(network.config.class_names))]
    indices = np.sort(np.concatenate(rows))
    found = train.take(indices)
    return Gallery(found.images, indices, found.labels.astype(np.int64), features_of(network, found.images))


def channel_facts(network: CifarResNet, gallery: Gallery) -> dict[str, LayerFacts]:
    """For every layer, stages and the convolutions inside residual ones, what its channels respond to.

    Of two images that excite a channel equally, and of two cells of one, the first comes first.
    """
    classes = len(network.config.class_names)
    points = {layer: module_name(network, layer, OUTPUT) for layer in layer_names(network)}
    responses: dict[str, list[np.ndarray]] = {layer: [] for layer in points}
    places: dict[str, list[np.ndarray]] = {layer: [] for layer in points}
    for start in range(0, len(gallery), BATCH):
        with torch.inference_mode():
            batch = to_tensor(gallery.images[start : start + BATCH]).to(network.mean.device)
            _, outputs = network.forward_with_modules(batch)
        for layer, point in points.items():
            maps = outputs[point].cpu().numpy()
            flat = maps.reshape(*maps.shape[:2], -1)
            responses[layer].append(flat.max(axis=2))
            places[layer].append(np.stack(np.divmod(flat.argmax(axis=2), maps.shape[3]), axis=2))
    return {
        layer: _facts(np.concatenate(responses[layer]), np.concatenate(places[layer]), gallery.labels, classes)
        for layer in points
    }


def _facts(
    responses: Float[np.ndarray, "images channels"],
    places: Int[np.ndarray, "images channels 2"],
    labels: Int[np.ndarray, "images"],
    classes: int,
) -> LayerFacts:
    strongest = np.argsort(-responses, axis=0, kind="stable")[:STRONGEST].T
    of_channel = np.arange(responses.shape[1])[:, None]
    sums = np.stack([responses[labels == label].sum(axis=0, dtype=np.float64) for label in range(classes)], axis=1)
    return LayerFacts(
        strongest=strongest,
        places=places[strongest, of_channel],
        responses=responses[strongest, of_channel],
        class_means=(sums / np.maximum(1, np.bincount(labels, minlength=classes))).astype(np.float32),
        silent=(responses == 0).mean(axis=0).astype(np.float32),
    )
