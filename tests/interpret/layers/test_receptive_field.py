import numpy as np
import pytest
import torch

from interpret.layers.receptive_field import Box, modules_before, receptive_field
from model.network import STAGES


def test_a_cell_of_the_first_layer_sees_three_by_three_pixels_and_fewer_at_the_edge(network):
    assert receptive_field(network, "prep_layer", 10, 20) == Box(9, 19, 11, 21)
    assert receptive_field(network, "prep_layer", 0, 31).cut == Box(0, 30, 1, 31)


@pytest.mark.parametrize(
    ("stage", "height"),
    [("prep_layer", 3), ("custom_block1", 6), ("resnet_block1", 14), ("custom_block2", 20), ("custom_block3", 32),
     ("resnet_block3", 64)],
)  # fmt: skip
def test_fields_grow_as_convolutions_and_pools_say(network, stage, height):
    """By hand: a convolution adds 2 cells, each as large as the pools before it made it; a pool adds one such cell."""
    assert receptive_field(network, stage, 1, 1).height == height


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_pixels_outside_change_nothing_and_pixels_inside_can(network, stage):
    rng = np.random.default_rng(0)
    image = torch.from_numpy(rng.random((1, 3, 32, 32), np.float32))
    row, column = (int(rng.integers(stage.resolution)) for _ in range(2))
    field = receptive_field(network, stage.name, row, column).cut
    inside = torch.zeros(32, 32, dtype=torch.bool)
    inside[field.top : field.bottom + 1, field.left : field.right + 1] = True
    outside_changed, inside_changed = image.clone(), image.clone()
    outside_changed[..., ~inside] = 1 - outside_changed[..., ~inside]
    inside_changed[..., inside] = 1 - inside_changed[..., inside]
    values = []
    for each in (image, outside_changed, inside_changed):
        with torch.inference_mode():
            _, activations = network.forward_with_activations(each)
        values.append(activations[stage.name][0, :, row, column])
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


@pytest.mark.parametrize("stage", ["prep_layer", "custom_block1", "resnet_block1", "custom_block2"])
def test_a_field_is_no_larger_than_it_must_be(network, stage):
    """Every side of its frame holds a pixel that changes some channel's value, for some of many pictures."""
    row = column = {"prep_layer": 15, "custom_block2": 3}.get(stage, 7)
    field = receptive_field(network, stage, row, column)
    images = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    _, activations = network.forward_with_activations(images)
    (gradient,) = torch.autograd.grad(activations[stage][..., row, column].sum(), images)
    seen = gradient.abs().sum(dim=(0, 1)) > 0
    rows, columns = (np.flatnonzero(seen.any(dim=axis).numpy()) for axis in (1, 0))
    cut = field.cut
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (cut.top, cut.bottom, cut.left, cut.right)


def test_a_point_inside_a_layer_sees_what_the_modules_before_it_do(network):
    assert len(modules_before(network, "prep_layer.0")) == 1
    assert receptive_field(network, "resnet_block1.0", 5, 5).height == 6 + 2 * 2
    for point in ("prep_layer.7", "pool4"):
        with pytest.raises((KeyError, AttributeError)):
            modules_before(network, point)
