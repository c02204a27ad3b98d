import numpy as np
import pytest
import torch

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.last_stage import last_stage, logits_of_any_size, maps_at_last_stage
from model.images import to_tensor
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.pointing_game import mosaics


@pytest.fixture(scope="module")
def split() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_its_maps_are_those_that_the_app_draws(network, cat):
    (activations,) = last_stage(network, cat)
    for name, found in maps_at_last_stage(network, activations, 3).items():
        shown = class_activation_maps(network, cat, "resnet_block3", (3,), name).maps[0].numpy()
        np.testing.assert_allclose(found, shown, rtol=1e-4, atol=1e-5)


def test_the_head_takes_maxima_over_pictures_of_any_size(network, split):
    images, _ = split
    torch.testing.assert_close(logits_of_any_size(network, images[:3]), network(images[:3]).detach())
    mosaic, _ = mosaics(*split, count=1)
    maxima = last_stage(network, mosaic).amax(dim=(2, 3))
    torch.testing.assert_close(logits_of_any_size(network, mosaic), maxima @ network.fc.weight.T)
