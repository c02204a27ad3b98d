import numpy as np
import pytest
import torch

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.methods import METHOD_NAMES, METHODS, method_named
from interpret.choices import ChoiceError
from model.images import to_tensor
from model.network import STAGE_NAMES
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.strength import (
    QUICK,
    map_strength,
    stages_of,
    strength_table,
    strongest_cells,
    strongest_cells_of_slow_methods,
)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return load_cifar10(SUBSET)[1].images


def strongest(network, pixels: np.ndarray, stage: str, method: str) -> float:
    return float(class_activation_maps(network, to_tensor(pixels[None]), stage, (None,), method).maps.abs().max())


@pytest.mark.parametrize("method", QUICK)
def test_one_pass_for_many_pictures_finds_the_strongest_cells_of_the_maps_that_are_shown(network, pictures, method):
    found = strongest_cells(network, pictures[:3], [method])
    assert set(found) == {method} and tuple(found[method]) == stages_of(method_named(method))
    for stage, values in found[method].items():
        assert values == pytest.approx([strongest(network, each, stage, method) for each in pictures[:3]], rel=1e-3)


def test_methods_that_run_the_network_again_are_measured_on_fewer_pictures(network, pictures, monkeypatch):
    monkeypatch.setattr("training.judging.explanations.strength.STAGE_NAMES", STAGE_NAMES[-2:])
    monkeypatch.setattr("training.judging.explanations.strength.AT_MOST_SLOW", 2)
    found = map_strength(network, pictures[:5], ["ablation_cam", "hires_cam"]).methods
    assert {name: each.count for name, each in found.items()} == {"ablation_cam": 2, "hires_cam": 5}
    values = [strongest(network, each, STAGE_NAMES[-1], "ablation_cam") for each in pictures[:2]]
    assert found["ablation_cam"].stages[STAGE_NAMES[-1]] == pytest.approx(np.quantile(values, 0.95), rel=1e-3)


def test_without_slow_methods_there_is_nothing_to_find(network, pictures):
    assert strongest_cells_of_slow_methods(network, pictures, []) == {}


def test_the_usual_strength_is_what_one_picture_in_twenty_passes(network, pictures):
    found = map_strength(network, pictures, ["hires_cam"])
    values = strongest_cells(network, pictures, ["hires_cam"])["hires_cam"][STAGE_NAMES[-1]]
    assert found.quantile == 0.95
    assert np.mean(np.array(values) > found.methods["hires_cam"].stages[STAGE_NAMES[-1]]) == pytest.approx(0.05)


def test_all_methods_but_those_that_run_the_network_again_are_measured_unasked(network, pictures):
    assert set(map_strength(network, pictures[:2]).methods) == {each.name for each in METHODS if each.rule}
    assert set(METHOD_NAMES) - set(QUICK) == {"score_cam", "ablation_cam", "shapley", "occlusion"}


def test_a_method_is_measured_where_its_maps_differ():
    assert stages_of(method_named("grad_cam")) == STAGE_NAMES
    assert stages_of(method_named("shared_credit")) == ("resnet_block3",), "it exists nowhere else"
    assert stages_of(method_named("shapley")) == ("resnet_block3",), "its map is the same at every layer"


def test_a_table_leaves_out_what_a_method_does_not_know(network, pictures):
    row = strength_table(map_strength(network, pictures[:2], ["shared_credit"])).splitlines()[-1]
    assert row.startswith("| Shared credit | 2 |  |  |  |  |  | ")


def test_the_strongest_cell_may_speak_against_the_class(network, pictures):
    found = strongest_cells_of_slow_methods(network, pictures[:3], ["occlusion"])["occlusion"]
    assert found == {"resnet_block3": [strongest(network, each, "resnet_block3", "occlusion") for each in pictures[:3]]}


def test_it_leaves_no_gradient_behind(network, pictures):
    map_strength(network, pictures[:2])
    assert torch.is_grad_enabled() and all(each.grad is None for each in network.parameters())


def test_an_unknown_method_is_refused(network, pictures):
    with pytest.raises(ChoiceError, match="grad_cam"):
        map_strength(network, pictures, ["gradcam"])
