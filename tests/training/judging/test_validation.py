import numpy as np
import pytest
import torch
from torch.nn import functional as F

from interpret.attribution.cam import class_activation_maps
from model.images import to_tensor
from model.network import STAGE_NAMES
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.validation import (
    PARTS,
    SLOW,
    completeness,
    last_stage,
    logits_of_any_size,
    maps_at_last_stage,
    maps_of_mosaic,
    mosaics,
    pointing_game,
    random_logit_test,
    randomisation_test,
    randomised,
)


@pytest.fixture(scope="module")
def pictures() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_the_evidence_of_real_pictures_adds_up_to_logits_and_margins(network, pictures):
    found = completeness(network, pictures[0])
    assert found.count == 60
    assert found.logits < 1e-5 and found.margins < 1e-5


def test_its_maps_are_those_that_the_app_draws(network, cat):
    (activations,) = last_stage(network, cat)
    for name, found in maps_at_last_stage(network, activations, 3).items():
        shown = class_activation_maps(network, cat, "resnet_block3", (3,), name).maps[0].numpy()
        np.testing.assert_allclose(found, shown, rtol=1e-4, atol=1e-5)


def test_a_mosaic_holds_four_pictures_of_different_classes(pictures):
    images, labels = pictures
    made, classes = mosaics(images, labels, count=5)
    assert made.shape == (5, 3, 64, 64) and all(len(set(four)) == 4 for four in classes.tolist())
    lower_left = made[0, :, 32:, :32]
    (row,) = [row for row, image in enumerate(images) if torch.equal(image, lower_left)]
    assert labels[row] == classes[0, 2]


def test_maps_of_a_class_point_at_it_and_maps_that_know_no_class_do_not(network, pictures):
    found = pointing_game(network, *mosaics(*pictures, count=25))
    assert all(found[name] > 0.7 for name in ("grad_cam", "hires_cam", "layer_cam"))
    assert found["eigen_cam"] == found["random_cam"] == 0.25


def test_the_head_takes_maxima_over_pictures_of_any_size(network, pictures):
    images, _ = pictures
    torch.testing.assert_close(logits_of_any_size(network, images[:3]), network(images[:3]).detach())
    mosaic, _ = mosaics(*pictures, count=1)
    maxima = last_stage(network, mosaic).amax(dim=(2, 3))
    torch.testing.assert_close(logits_of_any_size(network, mosaic), maxima @ network.fc.weight.T)


def test_score_cam_of_a_mosaic_is_weighed_by_the_scores_of_the_whole_mosaic(network, pictures):
    (mosaic,), _ = mosaics(*pictures, count=1)
    few = last_stage(network, mosaic[None])[0, 100:104]
    resized = F.interpolate(few[None], size=(64, 64), mode="bilinear", align_corners=True)[0]
    low, high = resized.amin(dim=(1, 2), keepdim=True), resized.amax(dim=(1, 2), keepdim=True)
    scores = logits_of_any_size(network, mosaic * ((resized - low) / (high - low + 1e-8))[:, None])[:, 3]
    expected = torch.relu((torch.softmax(scores, dim=0)[:, None, None] * few).sum(dim=0))
    found = maps_of_mosaic(network, mosaic, few, [3], ("score_cam",))
    assert found.keys() == {"score_cam"}
    np.testing.assert_allclose(found["score_cam"][0], expected.numpy(), rtol=1e-4, atol=1e-5)


def test_randomising_parts_changes_these_and_no_others(network):
    changed = randomised(network, ("fc", "resnet_block3"), seed=0)
    for name, before in network.state_dict().items():
        same = torch.equal(before, changed.state_dict()[name])
        assert same is not name.startswith(("fc.", "resnet_block3.")) or name.endswith("num_batches_tracked")
    assert ("fc", *reversed(STAGE_NAMES)) == PARTS


def test_a_map_of_the_class_loses_its_likeness_as_the_network_forgets(network, pictures):
    similarity, band = randomisation_test(network, pictures[0][:20])
    grad_cam = similarity["grad_cam"]
    assert len(grad_cam) == len(PARTS)
    assert max(grad_cam[2:]) < 0.6 and abs(grad_cam[-1]) < 0.4
    assert all(-1 <= mean <= 1 and deviation >= 0 for mean, deviation in band.values())
    assert similarity["random_cam"][0] == pytest.approx(1), "its weights and what they weigh are still the same"
    for name, (mean, deviation) in band.items():
        assert similarity[name][-1] <= mean + 2 * deviation, f"{name} ends no more alike than two random networks are"


def test_a_map_of_the_class_is_another_for_another_class(network, pictures):
    found = random_logit_test(network, pictures[0][:20])
    assert all(found[name] < 0.7 for name in ("grad_cam", "hires_cam", "layer_cam"))
    assert (found["eigen_cam"], found["random_cam"]) == pytest.approx((1, 1)), "these know no class"


def test_slow_methods_are_checked_like_the_others(network, pictures):
    found = random_logit_test(network, pictures[0][:1], SLOW)
    assert found.keys() == set(SLOW) and 0 <= found["score_cam"] < 0.999
