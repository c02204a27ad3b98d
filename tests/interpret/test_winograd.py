import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from interpret.winograd import Layer, Memory, WinogradNetwork, for_large_batches, transformed
from model.network import CifarResNet, NetworkConfig


@pytest.mark.parametrize("pooled", [False, True])
def test_its_layer_is_a_convolution_and_what_follows_it(pooled):
    generator = torch.Generator().manual_seed(0)
    x, weight = torch.randn(2, 3, 8, 12, generator=generator), torch.randn(5, 3, 3, 3, generator=generator)
    scale, shift = torch.randn(2, 5, generator=generator)
    outputs = F.conv2d(x, weight, padding=1)
    expected = (F.max_pool2d(outputs, 2) if pooled else outputs) * scale[:, None, None] + shift[:, None, None]
    found = F.pad(torch.full_like(expected, torch.nan), (1, 1, 1, 1)).permute(0, 2, 3, 1).contiguous()
    padded = F.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1).contiguous()
    Layer(transformed(weight), pooled, scale, shift)(padded, found, Memory())
    wanted = F.pad(expected.relu(), (1, 1, 1, 1)).permute(0, 2, 3, 1)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("x", "out"),
    [((2, 8, 8, 3), (2, 8, 8, 5)), ((2, 10, 10, 3), (2, 6, 6, 5)), ((2, 10, 10, 4), (2, 10, 10, 5))],
    ids=["a side that is no multiple of 4", "too little room", "too many channels"],
)
def test_a_layer_refuses_what_does_not_fit_its_tiles(x, out):
    layer = Layer(transformed(torch.zeros(5, 3, 3, 3)), False, torch.zeros(5), torch.zeros(5))
    with pytest.raises(ValueError, match="cannot be convolved"):
        layer(torch.zeros(x), torch.zeros(out), Memory())


def test_memory_is_used_again_and_its_border_is_cleared():
    memory = Memory()
    memory.take("one", 1_000).fill_(1)
    padded = memory.take_padded("one", 2, 4, 3)
    assert padded.untyped_storage().data_ptr() == memory.take("one", 7).untyped_storage().data_ptr()
    assert padded[:, 1:-1, 1:-1].eq(1).all()
    assert padded.sum() == padded[:, 1:-1, 1:-1].sum()


@pytest.mark.parametrize("count", [0, 1, 70, 257])
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


def test_asked_again_it_gives_the_same_logits_whatever_it_was_asked_before(network):
    generator = torch.Generator().manual_seed(0)
    images, others = torch.rand(3, 3, 32, 32, generator=generator), torch.rand(20, 3, 32, 32, generator=generator)
    logits_of = WinogradNetwork(network)
    first = logits_of(images)
    logits_of(others)
    assert torch.equal(logits_of(images), first)


def test_its_compiler_is_loaded_only_when_it_is_needed():
    loaded = "import sys, interpret.tabs.page.served; print('numba' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run([sys.executable, "-c", loaded], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads_gives_the_networks_logits(network, threads):
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    logits_of = WinogradNetwork(network)
    logits_of.threads = threads
    torch.testing.assert_close(logits_of(images), network(images), rtol=1e-5, atol=5e-5)


def test_each_of_its_threads_keeps_to_one_core(network, monkeypatch):
    """Whatever torch would use, which it tells a new thread late."""
    logits_of, seen, before = WinogradNetwork(network), [], torch.get_num_threads()
    classify = type(network).classify
    monkeypatch.setattr(
        type(network), "classify", lambda *each: seen.append(torch.get_num_threads()) or classify(*each)
    )
    try:
        torch.set_num_threads(2)
        logits_of(torch.rand(4, 3, 32, 32))
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


def test_other_threads_keep_their_number_of_threads(network):
    before = torch.get_num_threads()
    WinogradNetwork(network)(torch.rand(4, 3, 32, 32))
    with ThreadPoolExecutor(1) as pool:
        assert torch.get_num_threads() == pool.submit(torch.get_num_threads).result() == before


def test_threads_that_share_it_get_the_serial_logits_and_leave_little_memory_behind(network):
    batches = [torch.rand(9, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(24)]
    logits_of = WinogradNetwork(network)
    serial = [logits_of(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(logits_of, batches))
    assert all(torch.equal(one, other) for one, other in zip(serial, together, strict=True))
    assert len(logits_of.spare) <= torch.get_num_threads()
