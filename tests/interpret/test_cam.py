import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from interpret.cam import class_indices_of, grad_cam, resize_map, weigh_channels
from interpret.choices import ChoiceError
from model.network import RESIDUAL_STAGES, STAGE_NAMES, STAGES, CifarResNet


class StageModule(nn.Module):
    """One stage as a module of its own, so that a hook sees a residual stage's output after the addition."""

    def __init__(self, network: CifarResNet, name: str) -> None:
        super().__init__()
        self.branch, self.residual = network.stage(name), name in RESIDUAL_STAGES

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.branch(x) if self.residual else self.branch(x)


class Normalise(nn.Module):
    def __init__(self, network: CifarResNet) -> None:
        super().__init__()
        self.register_buffer("mean", network.mean)
        self.register_buffer("std", network.std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std


@pytest.fixture(scope="module")
def hookable(network) -> nn.Sequential:
    """A copy of the network for the package: it hooks modules and needs gradients of all weights."""
    network = copy.deepcopy(network).requires_grad_()
    stages = [StageModule(network, name) for name in STAGE_NAMES]
    return nn.Sequential(Normalise(network), *stages, network.pool4, nn.Flatten(), network.fc).eval()


def test_a_map_worked_out_by_hand():
    """Two channels of 2x2 cells. Mean gradients: (1+3+0+0)/4 = 1 and (-2-2-2-2)/4 = -2.

    Weighed sum: 1 x [[4, 0], [1, 2]] - 2 x [[1, 1], [0, 3]] = [[2, -2], [1, -4]]; cut off at zero: [[2, 0], [1, 0]].
    """
    activations = torch.tensor([[[4.0, 0.0], [1.0, 2.0]], [[1.0, 1.0], [0.0, 3.0]]])
    gradient = torch.tensor([[[1.0, 3.0], [0.0, 0.0]], [[-2.0, -2.0], [-2.0, -2.0]]])
    assert weigh_channels(activations, gradient).tolist() == [[2.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize("stage", STAGE_NAMES)
@pytest.mark.parametrize("class_index", [3, 5])
def test_it_agrees_with_the_grad_cam_package(network, hookable, cat, stage, class_index):
    layer = hookable[1 + STAGE_NAMES.index(stage)]
    with GradCAM(hookable, [layer]) as package:
        theirs = package(cat, [ClassifierOutputTarget(class_index)])[0]
    ours = grad_cam(network, cat, stage, (class_index,)).maps[0].numpy()
    # The package stretches each map to [0, 1] and resizes it to the input; the same is done to ours, then compared.
    stretched = scale_cam_image(ours[None], cat.shape[-2:])
    np.testing.assert_allclose(scale_cam_image(stretched)[0], theirs, atol=1e-5)


@pytest.mark.parametrize("stage", STAGES)
def test_a_map_has_the_resolution_of_its_stage(network, cat, stage):
    assert grad_cam(network, cat, stage.name).maps.shape == (1, stage.resolution, stage.resolution)


def test_its_logits_are_those_of_a_plain_forward_pass(network, cat):
    assert torch.equal(grad_cam(network, cat, "custom_block2").logits, network(cat)[0])


def test_by_default_it_explains_the_predicted_class(network, cat):
    assert grad_cam(network, cat, "resnet_block3").class_indices == (int(network(cat).argmax()),)


def test_several_classes_in_one_call_equal_single_calls(network, cat):
    together = grad_cam(network, cat, "custom_block3", (3, 5, None)).maps
    single = [grad_cam(network, cat, "custom_block3", (index,)).maps[0] for index in (3, 5, None)]
    assert torch.equal(together, torch.stack(single))


def test_magnitude_is_kept_and_not_stretched(network, cat):
    """Doubling the last layer's weights doubles every logit, and so the evidence."""
    doubled = CifarResNet(network.config)
    doubled.load_state_dict(network.state_dict())
    doubled.eval().requires_grad_(False).fc.weight.mul_(2)
    once, twice = (grad_cam(each, cat, "resnet_block3", (3,)).maps for each in (network, doubled))
    torch.testing.assert_close(twice, 2 * once)
    assert once.max() > 0


def test_concurrent_calls_give_exactly_the_serial_results(network):
    images = torch.rand(8, 1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    jobs = [(image, stage, number % 10) for number, image in enumerate(images) for stage in STAGE_NAMES]
    barrier = threading.Barrier(8)

    def explain(job):
        image, stage, class_index = job
        return grad_cam(network, image, stage, (class_index,)).maps

    serial = [explain(job) for job in jobs]
    with ThreadPoolExecutor(8, initializer=barrier.wait) as pool:
        concurrent = list(pool.map(explain, jobs))
    assert all(torch.equal(one, other) for one, other in zip(serial, concurrent, strict=True))


def test_it_leaves_the_shared_network_as_it_was(network, cat):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    grad_cam(network, cat, "prep_layer", (1, 2))
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
    assert not network.training


def test_an_unknown_layer_is_answered_with_the_layers_there_are(network, cat):
    with pytest.raises(ChoiceError, match="prep_layer, custom_block1"):
        grad_cam(network, cat, "layer4")


def test_an_unknown_class_is_answered_with_the_classes_there_are(network):
    with pytest.raises(ChoiceError, match="predicted, airplane, automobile"):
        class_indices_of(("tiger",), network.config.class_names)


def test_the_cells_stay_flat_squares_unless_smoothing_is_asked_for():
    cam = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    cells = resize_map(cam, 4, smooth=False)
    assert cells.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    smooth = resize_map(cam, 4, smooth=True)
    assert smooth[0].tolist() == [0, 0.25, 0.75, 1]  # bilinear between cell centres
