import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.sanity_checks import edge_map, random_network, rank_correlation
from model.network import NetworkConfig

CPU = torch.device("cpu")


def test_the_random_network_is_always_the_same_and_nothing_like_the_trained_one(network, cat):
    config = NetworkConfig(temperature=2.0)
    one = random_network(config, CPU)
    random_network.cache_clear()
    other = random_network(config, CPU)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    assert not torch.allclose(one.fc.weight, network.fc.weight, atol=0.01)
    assert class_activation_maps(one, cat, "resnet_block3", (3,), "hires_cam").maps.abs().max() > 0


def test_building_it_leaves_the_random_numbers_of_everybody_else_reproducible(network):
    torch.manual_seed(1)
    random_network.cache_clear()
    random_network(network.config, CPU)
    first = torch.rand(1)
    torch.manual_seed(1)
    random_network.cache_clear()
    random_network(network.config, CPU)
    assert torch.equal(torch.rand(1), first)


@pytest.mark.parametrize("side", [4, 8, 16, 32])
def test_edges_are_sobels(cat_pixels, side):
    grey = cat_pixels @ np.array([0.2126, 0.7152, 0.0722])
    length = np.hypot(*(ndimage.sobel(grey, axis=axis, mode="nearest") / 8 for axis in (0, 1)))
    cell = 32 // side
    expected = length.reshape(side, cell, side, cell).mean(axis=(1, 3))
    np.testing.assert_allclose(edge_map(cat_pixels, side), expected, rtol=1e-9)


def test_a_picture_of_one_colour_has_no_edges():
    assert not edge_map(np.full((32, 32, 3), 77, np.uint8), 4).any()


def test_rank_correlation_is_spearmans():
    generator = np.random.default_rng(0)
    one = generator.integers(0, 5, (4, 4)).astype(float)  # with ties
    other = generator.normal(size=(4, 4))
    expected = stats.spearmanr(one.ravel(), other.ravel()).statistic
    assert rank_correlation(one, other) == pytest.approx(expected)
    assert rank_correlation(one, 3 * one + 1) == pytest.approx(1)


def test_a_constant_map_has_no_ranks():
    assert rank_correlation(np.zeros((4, 4)), np.arange(16.0).reshape(4, 4)) is None
