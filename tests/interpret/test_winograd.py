import pytest
import torch
from torch.nn import functional as F

from interpret.winograd import WinogradNetwork, convolve, for_large_batches, transformed
from model.network import CifarResNet, NetworkConfig


def test_its_convolution_is_the_usual_one():
    generator = torch.Generator().manual_seed(0)
    x, weight = torch.randn(2, 3, 8, 12, generator=generator), torch.randn(5, 3, 3, 3, generator=generator)
    found = convolve(x.permute(0, 2, 3, 1), transformed(weight)).permute(0, 3, 1, 2)
    torch.testing.assert_close(found, F.conv2d(x, weight, padding=1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("count", [1, 130])
def test_its_logits_are_the_networks_own(network, count):
    """Float32 rounds each layer's outputs in another place: about 1e-5 of logits of the order of 10."""
    images = torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(count))
    with torch.inference_mode():
        expected = network(images)
    torch.testing.assert_close(WinogradNetwork(network)(images), expected, rtol=1e-5, atol=5e-5)


def test_a_batch_norm_of_negative_scale_is_applied_after_pooling_as_in_the_network():
    torch.manual_seed(0)
    network = CifarResNet(NetworkConfig()).eval().requires_grad_(False)
    network.custom_block1[2].weight.neg_()
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(WinogradNetwork(network)(images), network(images), rtol=1e-4, atol=1e-4)


def test_it_leaves_the_network_as_it_was(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for_large_batches(network)(torch.rand(2, 3, 32, 32))
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
