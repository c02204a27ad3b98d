import numpy as np
import pytest
import torch

from interpret.attribution.last_stage import SLOW
from model.images import to_tensor
from model.network import STAGE_NAMES
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.sanity_checks import PARTS, random_logit_test, randomisation_test, randomised


@pytest.fixture(scope="module")
def split() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_randomising_parts_changes_these_and_no_others(network):
    changed = randomised(network, ("fc", "resnet_block3"), seed=0)
    for name, before in network.state_dict().items():
        same = torch.equal(before, changed.state_dict()[name])
        assert same is not name.startswith(("fc.", "resnet_block3.")) or name.endswith("num_batches_tracked")
    assert ("fc", *reversed(STAGE_NAMES)) == PARTS


def test_a_map_of_the_class_loses_its_likeness_as_the_network_forgets(network, split):
    similarity, band = randomisation_test(network, split[0][:20])
    grad_cam = similarity["grad_cam"]
    assert len(grad_cam) == len(PARTS)
    assert max(grad_cam[2:]) < 0.6 and abs(grad_cam[-1]) < 0.4
    assert all(-1 <= mean <= 1 and deviation >= 0 for mean, deviation in band.values())
    assert similarity["random_cam"][0] == pytest.approx(1), "its weights and what they weigh are still the same"
    for name, (mean, deviation) in band.items():
        assert similarity[name][-1] <= mean + 2 * deviation, f"{name} ends no more alike than two random networks are"


def test_a_map_of_the_class_is_another_for_another_class(network, split):
    found = random_logit_test(network, split[0][:20])
    assert all(found[name] < 0.7 for name in ("grad_cam", "hires_cam", "layer_cam"))
    assert (found["eigen_cam"], found["random_cam"]) == pytest.approx((1, 1)), "these know no class"


def test_slow_methods_are_checked_like_the_others(network, split):
    found = random_logit_test(network, split[0][:1], SLOW)
    assert found.keys() == set(SLOW) and 0 <= found["score_cam"] < 0.999
