import math

import pytest
import torch

from interpret.attribution.cam import capture, class_activation_maps
from interpret.attribution.evidence import CREDITS, evidence, evidence_cells
from interpret.choices import ChoiceError
from model.images import to_tensor


def some_images(count: int) -> torch.Tensor:
    return torch.rand(count, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("credit", CREDITS)
def test_the_cells_of_every_class_add_up_to_its_logit(network, cat, credit):
    for image in (cat, *some_images(20)):
        found = evidence(network, image, credit)
        torch.testing.assert_close(found.cells.sum(dim=(1, 2)), network(image)[0], rtol=1e-4, atol=1e-4)


def test_a_margin_adds_up_to_the_difference_of_two_logits(network, cat):
    found = evidence(network, cat)
    expected = found.logits[3] - found.logits[5]
    torch.testing.assert_close(found.margin(3, 5).sum(), expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(found.margin(3, 5), -found.margin(5, 3))


@pytest.mark.parametrize(("credit", "method"), [("shared", "shared_credit"), ("strongest", "hires_cam")])
def test_it_is_the_map_of_a_method_for_every_class(network, cat, credit, method):
    ours = evidence(network, cat, credit).cells
    autograd = class_activation_maps(network, cat, "resnet_block3", tuple(range(10)), method).maps
    torch.testing.assert_close(ours, autograd, rtol=1e-5, atol=1e-6)


def test_a_batch_gets_what_each_picture_gets(network):
    images = some_images(3)[:, 0]
    x = network.normalise(images)
    for name in ("prep_layer", "custom_block1", "resnet_block1", "custom_block2", "custom_block3", "resnet_block3"):
        x = network.run_stage(name, x)
    for credit in CREDITS:
        together = evidence_cells(network, x, credit)
        alone = torch.stack([evidence(network, image[None], credit).cells for image in images])
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def shapley_by_brute_force(network, activations: torch.Tensor) -> torch.Tensor:
    """The Shapley values of every logit by their definition, over all 65,536 sets of the sixteen cells: a set's worth
    is the logit of the activations in its cells alone."""
    heights = activations.flatten(1).T  # cells x channels
    maxima = torch.zeros(2**16, heights.shape[1])
    for cell in range(16):
        maxima[2**cell : 2 ** (cell + 1)] = torch.maximum(maxima[: 2**cell], heights[cell])
    worth = (maxima @ network.fc.weight.T).double()
    sets = torch.arange(2**16)
    sizes = sum((sets >> cell) & 1 for cell in range(16))
    weights = torch.tensor([1 / (16 * math.comb(15, size)) for size in range(16)], dtype=torch.float64)
    values = []
    for cell in range(16):
        without = sets[(sets >> cell) & 1 == 0]
        values.append(weights[sizes[without]] @ (worth[without + 2**cell] - worth[without]))
    return torch.stack(values, dim=1).view(-1, 4, 4)


def test_shared_credit_is_the_shapley_value_over_all_sets_of_cells(network, release):
    """On twenty real pictures."""
    images = to_tensor(release.misclassified.images[:20])
    for image in images:
        activations = capture(network, image[None], "resnet_block3").activations
        found = evidence(network, image[None], "shared")
        torch.testing.assert_close(
            found.cells.double(), shapley_by_brute_force(network, activations), rtol=1e-4, atol=1e-4
        )


def test_an_unknown_credit_is_refused(network, cat):
    with pytest.raises(ChoiceError, match=r"Unknown credit 'equal'. Allowed: shared, strongest"):
        evidence(network, cat, "equal")
