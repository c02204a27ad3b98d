import shutil

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.hub_errors import HubError
from model.network import STAGES, CifarResNet, ConfigError, NetworkConfig
from model.release import BUNDLED, load_release
from tests.conftest import upload

REPO = "ada/cifar-xray"


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_it_has_the_parameter_count_of_the_published_network():
    assert sum(parameter.numel() for parameter in CifarResNet().parameters()) == 6_573_120


def test_its_state_dict_has_the_keys_of_older_checkpoints():
    conv_and_norm = {
        "prep_layer": [(0, 1)],
        "custom_block1": [(0, 2)],
        "resnet_block1": [(0, 1), (3, 4)],
        "custom_block2": [(0, 2)],
        "custom_block3": [(0, 2)],
        "resnet_block3": [(0, 1), (3, 4)],
    }
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    expected = ["fc.weight"]
    for stage, pairs in conv_and_norm.items():
        for conv, batch_norm in pairs:
            expected += [f"{stage}.{conv}.weight", *(f"{stage}.{batch_norm}.{name}" for name in norm)]
    assert sorted(CifarResNet().state_dict()) == sorted(expected)


def test_the_normalisation_constants_are_not_in_the_state_dict():
    assert not {"mean", "std"} & set(CifarResNet().state_dict())


def test_loading_refuses_a_checkpoint_with_a_missing_tensor():
    state = CifarResNet().state_dict()
    del state["fc.weight"]
    with pytest.raises(RuntimeError, match=r"fc\.weight"):
        CifarResNet().load_state_dict(state)


def test_forward_with_activations_gives_the_logits_of_forward(network, images):
    logits, _ = network.forward_with_activations(images)
    assert torch.equal(logits, network(images))


def test_forward_with_convolutions_gives_the_logits_of_forward(network, images):
    logits, outputs = network.forward_with_convolutions(images)
    assert torch.equal(logits, network(images))
    assert list(outputs) == [name for name, _ in network.convolutions()]


def test_activations_have_the_shapes_that_the_stages_promise(network, images):
    _, activations = network.forward_with_activations(images)
    assert {name: tuple(each.shape[1:]) for name, each in activations.items()} == {
        stage.name: (stage.channels, stage.resolution, stage.resolution) for stage in STAGES
    }


def test_activations_equal_an_independent_forward_from_the_bare_weights(network, images):
    """Written out with functional operations on the state dict alone, in the order of the published network."""
    state = network.state_dict()

    def conv(x, key):
        return F.conv2d(x, state[f"{key}.weight"], padding=1)

    def norm(x, key):
        mean, var = state[f"{key}.running_mean"], state[f"{key}.running_var"]
        return F.batch_norm(x, mean, var, state[f"{key}.weight"], state[f"{key}.bias"], eps=1e-5)

    def block(x, stage, first=0):
        return F.relu(norm(conv(x, f"{stage}.{first}"), f"{stage}.{first + 1}"))

    def pooled(x, stage):
        return F.relu(norm(F.max_pool2d(conv(x, f"{stage}.0"), 2), f"{stage}.2"))

    config = network.config
    x = (images - torch.tensor(config.mean).view(1, 3, 1, 1)) / torch.tensor(config.std).view(1, 3, 1, 1)
    expected = {}
    expected["prep_layer"] = x = block(x, "prep_layer")
    expected["custom_block1"] = x = pooled(x, "custom_block1")
    expected["resnet_block1"] = x = x + block(block(x, "resnet_block1"), "resnet_block1", 3)
    expected["custom_block2"] = x = pooled(x, "custom_block2")
    expected["custom_block3"] = x = pooled(x, "custom_block3")
    expected["resnet_block3"] = x = x + block(block(x, "resnet_block3"), "resnet_block3", 3)
    logits, activations = network.forward_with_activations(images)
    for name, each in expected.items():
        torch.testing.assert_close(activations[name], each, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(logits, F.linear(x.amax(dim=(2, 3)), state["fc.weight"]), rtol=1e-5, atol=1e-5)


def test_it_returns_logits_and_not_log_probabilities(network, images):
    assert not torch.allclose(network(images).exp().sum(dim=1), torch.ones(2))


def test_gradient_times_activation_at_the_last_stage_sums_to_the_logit(network, images):
    logits, activations = network.forward_with_activations(images[:1])
    last = activations["resnet_block3"].detach().requires_grad_()
    logit = network.classify(last)[0, 3]
    (gradient,) = torch.autograd.grad(logit, last)
    # 512 float32 products: 1e-5 relative leaves room for the order of summation.
    torch.testing.assert_close((gradient * last).sum(), logits[0, 3], rtol=1e-5, atol=1e-5)


def test_no_operation_works_in_place_and_no_hook_is_registered(network):
    for module in network.modules():
        assert not getattr(module, "inplace", False)
        assert not module._forward_hooks and not module._backward_hooks


def test_classify_from_any_stage_finishes_the_forward_pass(network, images):
    logits, activations = network.forward_with_activations(images)
    for name, each in activations.items():
        assert torch.equal(network.classify_from(name, each), logits)


def test_an_unknown_stage_is_a_key_error(network):
    with pytest.raises(KeyError, match="layer4"):
        network.stage("layer4")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"std": (0.2, 0.0, 0.2)}, "std above 0"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": float("inf")}, "finite"),
        ({"class_names": ("cat", "cat")}, "class_names"),
        ({"input_size": 224}, "input_size"),
    ],
)
def test_a_config_that_cannot_work_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        NetworkConfig(**change)


def test_every_convolution_is_three_by_three_without_bias():
    convolutions = [module for module in CifarResNet().modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 8
    assert {(conv.kernel_size, conv.padding, conv.bias) for conv in convolutions} == {((3, 3), (1, 1), None)}


def test_a_pretrained_network_is_that_of_the_release_and_only_two_files_are_asked_for(hub, small_releases, images):
    commit = upload(hub, REPO, small_releases[0])
    upload(hub, REPO, small_releases[1])
    first, last = (load_release(folder).network for folder in small_releases)
    found = CifarResNet.from_pretrained(REPO)
    fetched = {line.rsplit("/", 1)[-1] for line in hub.requests if "/resolve/" in line}
    assert fetched == {"config.json", "model.safetensors"}
    assert torch.equal(found(images), last(images))
    assert found.config == last.config and not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())
    assert torch.equal(CifarResNet.from_pretrained(f"{hub.url}/{REPO}/", revision=commit)(images), first(images))


def test_a_pretrained_network_may_lie_on_disk(network, images):
    assert torch.equal(CifarResNet.from_pretrained(str(BUNDLED))(images), network(images))


def test_weights_that_their_hash_does_not_verify_are_not_loaded(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(BUNDLED / name, folder)
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(HubError, match=r"could not be loaded: model\.safetensors is damaged or of another release"):
        CifarResNet.from_pretrained(str(folder))


@pytest.mark.parametrize(
    ("repo_id", "sentence"),
    [
        ("ada/nothing", "ada/nothing could not be loaded: there is no such repository, or it is private"),
        ("cifar-xray", "cifar-xray could not be loaded: that is no name of a repository; it must read <user>/<name>"),
    ],
)
def test_a_network_that_cannot_be_had_is_said_so_and_no_other_stands_in(hub, no_waiting, repo_id, sentence):
    with pytest.raises(HubError, match=sentence):
        CifarResNet.from_pretrained(repo_id)
