import pytest
import torch

from interpret.attribution.balance import PLACES, balance
from interpret.attribution.cam import class_activation_maps
from model.network import STAGE_NAMES, CifarResNet

LOGITS = 1e-4


def some_images(count: int) -> torch.Tensor:
    return torch.rand(count, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_cells_and_constants_add_up_to_the_score_everywhere(network, cat):
    for image in (cat, *some_images(5)):
        found = balance(network, image, 3)
        assert found.score == pytest.approx(float(network(image)[0, 3]), abs=LOGITS)
        for place in PLACES:
            assert sum(found.at(place)) == pytest.approx(found.score, abs=LOGITS), place


@pytest.mark.parametrize("stage", STAGE_NAMES)
def test_the_cells_are_gradient_times_activation(network, cat, stage):
    map_of_layer = class_activation_maps(network, cat, stage, (5,), "hires_cam").maps[0]
    assert balance(network, cat, 5).at(stage)[0] == pytest.approx(float(map_of_layer.sum()), abs=LOGITS)


def test_no_constant_follows_the_last_layer(network, cat):
    assert balance(network, cat, 3).at("resnet_block3")[1] == 0


def test_a_lead_is_balanced_as_the_difference_of_two_scores(network, cat):
    lead, one, other = balance(network, cat, 3, 5), balance(network, cat, 3), balance(network, cat, 5)
    for place in PLACES:
        expected = [first - second for first, second in zip(one.at(place), other.at(place), strict=True)]
        assert lead.at(place) == pytest.approx(tuple(expected), abs=LOGITS)


def test_without_biases_and_means_the_constants_are_nothing(network, cat):
    """A network whose batch norms only scale, and whose input is taken as it is, is homogeneous."""
    scaling = CifarResNet(network.config)
    scaling.load_state_dict(network.state_dict())
    scaling.eval().requires_grad_(False)
    scaling.mean.zero_()
    for module in scaling.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.bias.zero_()
            module.running_mean.zero_()
    found = balance(scaling, cat, 3)
    assert [found.at(place)[1] for place in PLACES] == pytest.approx([0] * 7, abs=1e-9)
    assert found.at("pixels")[0] == pytest.approx(found.score, rel=1e-4)


def test_a_constant_of_one_layer_counts_before_it_and_not_after(network, cat):
    changed = CifarResNet(network.config)
    changed.load_state_dict(network.state_dict())
    changed.eval().requires_grad_(False)
    for module in (*changed.custom_block3.modules(), *changed.resnet_block3.modules()):
        if isinstance(module, torch.nn.BatchNorm2d):
            module.bias.zero_()
            module.running_mean.zero_()
    found = balance(changed, cat, 3)
    assert found.at("custom_block2")[1] == pytest.approx(0, abs=1e-9)
    assert abs(found.at("resnet_block1")[1]) > 0.01


def test_nothing_is_left_on_the_network(network, cat):
    balance(network, cat, 3)
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in network.parameters())
