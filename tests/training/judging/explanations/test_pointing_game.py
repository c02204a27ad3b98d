import numpy as np
import pytest
import torch
from torch.nn import functional as F

from interpret.attribution.last_stage import last_stage, logits_of_any_size
from model.images import to_tensor
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.pointing_game import maps_of_mosaic, mosaics, pointing_game


@pytest.fixture(scope="module")
def split() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_a_mosaic_holds_four_pictures_of_different_classes(split):
    images, labels = split
    made, classes = mosaics(images, labels, count=5)
    assert made.shape == (5, 3, 64, 64) and all(len(set(four)) == 4 for four in classes.tolist())
    lower_left = made[0, :, 32:, :32]
    (row,) = [row for row, image in enumerate(images) if torch.equal(image, lower_left)]
    assert labels[row] == classes[0, 2]


def test_maps_of_a_class_point_at_it_and_maps_that_know_no_class_do_not(network, split):
    found = pointing_game(network, *mosaics(*split, count=25))
    assert all(found[name] > 0.7 for name in ("grad_cam", "hires_cam", "layer_cam"))
    assert found["eigen_cam"] == found["random_cam"] == 0.25


def test_score_cam_of_a_mosaic_is_weighed_by_the_scores_of_the_whole_mosaic(network, split):
    (mosaic,), _ = mosaics(*split, count=1)
    few = last_stage(network, mosaic[None])[0, 100:104]
    resized = F.interpolate(few[None], size=(64, 64), mode="bilinear", align_corners=True)[0]
    low, high = resized.amin(dim=(1, 2), keepdim=True), resized.amax(dim=(1, 2), keepdim=True)
    scores = logits_of_any_size(network, mosaic * ((resized - low) / (high - low + 1e-8))[:, None])[:, 3]
    expected = torch.relu((torch.softmax(scores, dim=0)[:, None, None] * few).sum(dim=0))
    found = maps_of_mosaic(network, mosaic, few, [3], ("score_cam",))
    assert found.keys() == {"score_cam"}
    np.testing.assert_allclose(found["score_cam"][0], expected.numpy(), rtol=1e-4, atol=1e-5)


def test_methods_that_erase_pixels_erase_quarters_of_quarters_of_the_whole_mosaic(network, split):
    (mosaic,), classes = mosaics(*split, count=1)
    (activations,) = last_stage(network, mosaic[None])
    (found,) = maps_of_mosaic(network, mosaic, activations, [int(classes[0, 0])], ("occlusion",)).values()
    without = mosaic.clone()
    without[:, 16:32, :16] = torch.tensor([125, 123, 114]).view(3, 1, 1) / 255  # the second row's first cell
    before, after = logits_of_any_size(network, torch.stack([mosaic, without]))[:, classes[0, 0]].tolist()
    assert found[0].shape == (4, 4) and found[0][1, 0] == pytest.approx(before - after, abs=1e-4)


def test_what_is_measured_points_at_the_class(network, split):
    found = pointing_game(network, *mosaics(*split, count=5), ("shapley", "occlusion"))
    assert found.keys() == {"shapley", "occlusion"} and min(found.values()) > 0.5
