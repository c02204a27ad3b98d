from itertools import permutations

import numpy as np
import pytest
import pytorch_grad_cam as package
import torch
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection
from torch import nn

from interpret.attribution.cam import capture, class_activation_maps
from interpret.attribution.methods import METHOD_NAMES, METHODS
from interpret.attribution.rules import (
    first_component,
    grad_cam_rule,
    hires_cam_rule,
    shapley_of_maximum,
    shared_credit_rule,
)
from model.network import STAGE_NAMES
from tests.interpret.attribution.hookable import hookable_copy

CLASSES = {
    "grad_cam": package.GradCAM,
    "grad_cam_plus_plus": package.GradCAMPlusPlus,
    "hires_cam": package.HiResCAM,
    "xgrad_cam": package.XGradCAM,
    "layer_cam": package.LayerCAM,
    "eigen_cam": package.EigenCAM,
    "eigen_grad_cam": package.EigenGradCAM,
    "score_cam": package.ScoreCAM,
    "ablation_cam": package.AblationCAM,
}
SLOW = ("score_cam", "ablation_cam")
PRINCIPAL = ("eigen_cam", "eigen_grad_cam")
QUICK = [name for name in CLASSES if name not in (*SLOW, *PRINCIPAL)]


@pytest.fixture(scope="module")
def hookable(network) -> nn.Sequential:
    return hookable_copy(network)


def stretched(cam: np.ndarray) -> np.ndarray:
    """A map as the package hands it out: cut off at zero, stretched to [0, 1], resized to the input, stretched."""
    return scale_cam_image(scale_cam_image(np.maximum(cam, 0)[None], (32, 32)))[0]


def test_every_deterministic_method_of_the_family_is_compared_with_the_package():
    assert set(CLASSES) == set(METHOD_NAMES) - {"random_cam", "shared_credit", "shapley", "occlusion"}


CASES = [
    *((method, stage, index) for method in QUICK for stage in STAGE_NAMES for index in (3, 5)),
    *((method, stage, 3) for method in SLOW for stage in ("prep_layer", "resnet_block3")),
]


@pytest.mark.parametrize(("method", "stage", "class_index"), CASES)
def test_it_agrees_with_the_grad_cam_package(network, hookable, cat, method, stage, class_index):
    layer = hookable[1 + STAGE_NAMES.index(stage)]
    with CLASSES[method](hookable, [layer]) as cam:
        theirs = cam(cat, [ClassifierOutputTarget(class_index)])[0]
    ours = class_activation_maps(network, cat, stage, (class_index,), method).maps[0].numpy()
    np.testing.assert_allclose(stretched(ours), theirs, atol=1e-5)


@pytest.mark.parametrize("stage", STAGE_NAMES)
@pytest.mark.parametrize("method", PRINCIPAL)
def test_a_principal_component_agrees_with_the_package_but_for_its_sign(network, cat, method, stage):
    """The package leaves the sign, which means nothing, to the linear algebra library, and then cuts one half off."""
    captured = capture(network, cat, stage)
    (gradient,) = captured.gradients((3,))
    values = captured.activations if method == "eigen_cam" else gradient * captured.activations
    theirs = get_2d_projection(values[None].double().numpy())[0]
    ours = first_component(values).numpy()
    largest = np.abs(theirs).max()
    difference = min(np.abs(ours - theirs).max(), np.abs(ours + theirs).max())
    assert difference / largest < 1e-4
    assert (ours * values.sum(dim=0).numpy()).sum() >= (ours.sum() * values.sum(dim=0).numpy().mean())


def test_the_control_looks_the_same_for_every_class_and_every_time(network, cat):
    """The package draws its random weights anew each time; a control that a permalink reproduces must not."""
    maps = class_activation_maps(network, cat, "resnet_block3", (3, 5), "random_cam").maps
    again = class_activation_maps(network, cat, "resnet_block3", (3, 5), "random_cam").maps
    assert torch.equal(maps[0], maps[1]) and torch.equal(maps, again)


def test_a_grad_cam_worked_out_by_hand():
    """Two channels of 2x2 cells. Mean gradients: (1+3+0+0)/4 = 1 and (-2-2-2-2)/4 = -2.

    Weighed sum: 1 x [[4, 0], [1, 2]] - 2 x [[1, 1], [0, 3]] = [[2, -2], [1, -4]]; cut off at zero: [[2, 0], [1, 0]].
    """
    activations = torch.tensor([[[4.0, 0.0], [1.0, 2.0]], [[1.0, 1.0], [0.0, 3.0]]])
    gradient = torch.tensor([[[1.0, 3.0], [0.0, 0.0]], [[-2.0, -2.0], [-2.0, -2.0]]])
    assert grad_cam_rule(activations, gradient).tolist() == [[2.0, 0.0], [1.0, 0.0]]
    assert hires_cam_rule(activations, gradient).tolist() == [[2.0, -2.0], [0.0, -6.0]]


@pytest.mark.parametrize("method", METHODS, ids=METHOD_NAMES)
def test_only_a_signed_method_has_values_below_zero(network, method):
    images = torch.rand(4, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    lowest = min(
        float(class_activation_maps(network, image, "resnet_block3", (0, 9), method.name).maps.min())
        for image in images
    )
    assert (lowest < 0) is method.signed


def test_a_map_of_silent_activations_is_empty_for_every_rule():
    silent = torch.zeros(8, 4, 4)
    for method in METHODS:
        if method.rule is not None:
            assert torch.equal(method.rule(silent, torch.randn(8, 4, 4)), torch.zeros(4, 4)), method.name


def test_a_shared_credit_worked_out_by_hand():
    """One channel of 2x2 cells, heights 6, 2, 2, 0, and a weight of 2 at the strongest cell.

    The step from 0 to 2 is shared by the three cells that reach it, 2/3 each; the step from 2 to 6 is the first one's.
    """
    heights = torch.tensor([[6.0, 2.0], [2.0, 0.0]])
    expected = torch.tensor([[2 / 3 + 4, 2 / 3], [2 / 3, 0.0]])
    torch.testing.assert_close(shapley_of_maximum(heights), expected)
    gradient = torch.tensor([[[2.0, 0.0], [0.0, 0.0]]])
    torch.testing.assert_close(shared_credit_rule(heights[None], gradient), 2 * expected)


def test_the_shares_of_a_maximum_are_its_shapley_values():
    """Against the definition: what each cell's coming raises the maximum by, on average over all orders of coming."""
    heights = torch.rand(5, 2, 3, generator=torch.Generator().manual_seed(0)).square()
    heights[0, 0, 1] = heights[0, 1, 1]
    orders = list(permutations(range(6)))
    for each in heights:
        flat, gains = each.flatten().tolist(), np.zeros(6)
        for order in orders:
            highest = 0.0
            for cell in order:
                gains[cell] += max(flat[cell] - highest, 0) / len(orders)
                highest = max(highest, flat[cell])
        np.testing.assert_allclose(shapley_of_maximum(each).flatten().numpy(), gains, atol=1e-6)


def test_equal_cells_get_equal_shares_and_a_cell_without_height_gets_none():
    shares = shapley_of_maximum(torch.tensor([[3.0, 0.0], [3.0, 1.0]]))
    assert shares[0, 0] == shares[1, 0] and shares[0, 1] == 0
    assert shares.sum() == 3
