"""Checkpoints as other people's code makes them: a plain copy of the network's layout, in a LightningModule or not."""

import argparse
import re

import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import save_file
from torch import nn

from model.network import CifarResNet, NetworkConfig
from model.release import BUNDLED, WEIGHTS
from training.releasing.checkpoint import CheckpointError, load_checkpoint

CONFIG = NetworkConfig()


def block(channels_in: int, channels_out: int, *, pool: bool, bias: bool) -> list[nn.Module]:
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=bias)
    return [convolution, *([nn.MaxPool2d(2)] if pool else []), nn.BatchNorm2d(channels_out), nn.ReLU()]


class OtherPeoplesNetwork(nn.Module):
    """The layout as the course project wrote it; normalised pictures in, logits out."""

    def __init__(self, classes: int = 10, bias: bool = False) -> None:
        super().__init__()
        self.prep_layer = nn.Sequential(*block(3, 64, pool=False, bias=bias))
        self.custom_block1 = nn.Sequential(*block(64, 128, pool=True, bias=bias))
        self.resnet_block1 = nn.Sequential(
            *block(128, 128, pool=False, bias=bias), *block(128, 128, pool=False, bias=bias)
        )
        self.custom_block2 = nn.Sequential(*block(128, 256, pool=True, bias=bias))
        self.custom_block3 = nn.Sequential(*block(256, 512, pool=True, bias=bias))
        self.resnet_block3 = nn.Sequential(
            *block(512, 512, pool=False, bias=bias), *block(512, 512, pool=False, bias=bias)
        )
        self.pool4 = nn.MaxPool2d(4)
        self.fc = nn.Linear(512, classes, bias=False)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):  # as if it had seen pictures
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)

    def forward(self, x):
        x = self.custom_block1(self.prep_layer(x))
        x = self.custom_block2(x + self.resnet_block1(x))
        x = self.custom_block3(x)
        return self.fc(self.pool4(x + self.resnet_block3(x)).flatten(1))


class CourseModule(pl.LightningModule):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("class_weights", torch.ones(10))


@pytest.fixture(scope="module")
def theirs() -> OtherPeoplesNetwork:
    torch.manual_seed(0)
    return OtherPeoplesNetwork().eval()


def answers_alike(ours: CifarResNet, theirs: nn.Module) -> bool:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return torch.allclose(ours(images), theirs(ours.normalise(images)), rtol=1e-4, atol=1e-4)


def prefixed(network: nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": tensor.clone() for name, tensor in network.state_dict().items()}


def test_a_lightning_checkpoint_answers_as_the_network_that_was_saved(theirs, tmp_path):
    trainer = pl.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu", enable_model_summary=False)
    trainer.strategy.connect(CourseModule(theirs))
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    assert answers_alike(load_checkpoint(tmp_path / "last.ckpt", CONFIG), theirs)


@pytest.mark.parametrize("prefix", ["", "network.", "model.module._orig_mod."])
@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_plain_state_dict_is_taken_with_and_without_a_prefix(theirs, tmp_path, prefix, name):
    save = save_file if name.endswith("safetensors") else torch.save
    save(prefixed(theirs, prefix), tmp_path / name)
    assert answers_alike(load_checkpoint(tmp_path / name, CONFIG), theirs)


def test_a_state_dict_is_found_among_other_things(theirs, tmp_path):
    torch.save({"epoch": 3, "optimizer": {"state": {}}, "model_state_dict": prefixed(theirs, "")}, tmp_path / "all.tar")
    assert answers_alike(load_checkpoint(tmp_path / "all.tar", CONFIG), theirs)


def test_the_biases_of_convolutions_go_into_the_batch_norms(tmp_path):
    torch.manual_seed(1)
    theirs = OtherPeoplesNetwork(bias=True).eval()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    assert answers_alike(load_checkpoint(tmp_path / "weights.pth", CONFIG), theirs)


def test_the_weights_of_a_release_and_those_without_counters_are_taken(network, tmp_path):
    from safetensors.torch import load_file

    stored = load_file(BUNDLED / WEIGHTS)
    save_file({name: each for name, each in stored.items() if "num_batches" not in name}, tmp_path / "few.safetensors")
    for path in (BUNDLED / WEIGHTS, tmp_path / "few.safetensors"):
        ours = load_checkpoint(path, CONFIG).state_dict()
        assert all(torch.equal(each, ours[name]) for name, each in network.state_dict().items() if "num_b" not in name)


def broken(theirs: nn.Module, how: str) -> object:
    state = prefixed(theirs, "network.")
    match how:
        case "missing":
            for name in [name for name in state if "resnet_block1.0" in name or "fc" in name]:
                del state[name]
        case "extra":
            state |= {"network.fc.bias": torch.zeros(10), "network.layer4.weight": torch.zeros(1)}
        case "shape":
            state["network.fc.weight"] = torch.zeros(100, 512)
        case "infinite":
            state["network.fc.weight"][0, 0] = torch.inf
        case "twice":
            state |= prefixed(theirs, "ema.")
        case "another network":
            state = nn.ModuleDict({"conv1": nn.Linear(2, 2)}).state_dict()
        case "no tensors":
            return {"epoch": 3}
    return state


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("missing", "does not fit the network: it lacks resnet_block1.0.weight, fc.weight."),
        ("extra", "it has in addition fc.bias, layer4.weight."),
        ("shape", "it has in other shapes fc.weight (100, 512), not (10, 512)."),
        ("infinite", "holds numbers that are infinite or no numbers, in fc.weight."),
        ("twice", "holds this network twice, as network.* and ema.*; store the one that you mean alone."),
        ("another network", "is not of this network: it has conv1.weight, conv1.bias, not prep_layer.0.weight."),
        ("no tensors", "holds no state_dict: there are no tensors by name in it."),
    ],
)
def test_what_does_not_fit_is_named_in_one_sentence(theirs, tmp_path, how, sentence):
    torch.save(broken(theirs, how), tmp_path / "net.pth")
    with pytest.raises(CheckpointError, match=re.escape(sentence)):
        load_checkpoint(tmp_path / "net.pth", CONFIG)


class Dangerous:
    """Unpickled, it would run code; the file that tells is its proof."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_nothing_that_is_in_a_file_runs(theirs, tmp_path):
    for name, what in (("namespace", argparse.Namespace(lr=1)), ("code", Dangerous(tmp_path / "ran"))):
        torch.save({"state_dict": prefixed(theirs, ""), "args": what}, tmp_path / f"{name}.ckpt")
        with pytest.raises(CheckpointError, match="cannot be read safely, because it holds more than tensors"):
            load_checkpoint(tmp_path / f"{name}.ckpt", CONFIG)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>", b"version https://git-lfs.github.com/spec/v1", bytes(99)])
def test_a_file_of_another_kind_is_called_no_checkpoint(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(
        CheckpointError, match=r"net\.pth is no checkpoint, or not one of torch\.save with its defaults"
    ):
        load_checkpoint(tmp_path / "net.pth", CONFIG)


@pytest.mark.parametrize("name", ["net.ckpt", "net.safetensors"])
def test_a_damaged_file_is_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 is not enough")
    with pytest.raises(CheckpointError, match=r"net\.\w+ (is no checkpoint, or damaged|cannot be read safely)"):
        load_checkpoint(tmp_path / name, CONFIG)
