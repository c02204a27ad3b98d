import torch

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.evidence import evidence, evidence_cells


def some_images(count: int) -> torch.Tensor:
    return torch.rand(count, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_the_cells_of_every_class_add_up_to_its_logit(network, cat):
    for image in (cat, *some_images(20)):
        found = evidence(network, image)
        torch.testing.assert_close(found.cells.sum(dim=(1, 2)), network(image)[0], rtol=1e-4, atol=1e-4)


def test_a_margin_adds_up_to_the_difference_of_two_logits(network, cat):
    found = evidence(network, cat)
    expected = found.logits[3] - found.logits[5]
    torch.testing.assert_close(found.margin(3, 5).sum(), expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(found.margin(3, 5), -found.margin(5, 3))


def test_it_is_gradient_times_activation(network, cat):
    ours = evidence(network, cat).cells
    autograd = class_activation_maps(network, cat, "resnet_block3", tuple(range(10)), "hires_cam").maps
    torch.testing.assert_close(ours, autograd, rtol=1e-5, atol=1e-6)


def test_a_batch_gets_what_each_picture_gets(network):
    images = some_images(3)[:, 0]
    x = network.normalise(images)
    for name in ("prep_layer", "custom_block1", "resnet_block1", "custom_block2", "custom_block3", "resnet_block3"):
        x = network.run_stage(name, x)
    together = evidence_cells(network, x)
    alone = torch.stack([evidence(network, image[None]).cells for image in images])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
