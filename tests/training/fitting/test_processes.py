"""Several processes train one network: on the CPU with gloo, which is what GPUs do with NCCL."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import functional as F

from model.release import load_release
from tests.conftest import ROOT, SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import AugmentedBatches, Cifar10DataModule, ShuffledBatches
from training.fitting.initialisation import whiten_first_convolution_
from training.fitting.module import CifarLitModule
from training.fitting.processes import is_first_process, launched_processes
from training.fitting.run_folder import RunFolder
from training.recipe import Recipe

OPTIONS = ["--data-dir", str(SUBSET), "--epochs", "2", "--batch-size", "50", "--validation-images", "20",
           "--max-lr", "0.1", "--accelerator", "cpu", "--precision", "64-true"]  # fmt: skip
EPOCHS, PROCESSES = 2, 2


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two processes, started as a user would, with one thread each."""
    out = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "training/train.py", *OPTIONS, "--devices", str(PROCESSES), "--out", str(out)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    (run,) = out.iterdir()
    (run / "output.txt").write_text(result.stdout + result.stderr)
    return run


def trained_by_one_process(recipe: Recipe) -> dict[str, Tensor]:
    """What several processes should arrive at: each step follows the mean of the gradients of the shares of a batch.

    Each share is normalised by its own statistics; the running ones that are kept are those of the first process.
    """
    pl.seed_everything(recipe.seed)
    data = Cifar10DataModule(*load_cifar10(SUBSET), recipe, CifarLitModule(recipe, 1).network.config.mean)
    pl.seed_everything(recipe.seed)
    module = CifarLitModule(recipe, len(data.batches))
    whiten_first_convolution_(module.network, data.train.images)
    module.double()
    configured: Any = module.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    batches = AugmentedBatches(data.train, recipe, data.mean)
    for epoch in range(recipe.epochs):
        shares = []
        for rank in range(PROCESSES):
            plans = ShuffledBatches(len(data.train), recipe.batch_size, recipe.seed)
            plans.share_with(PROCESSES, rank)
            plans.set_epoch(epoch)
            shares.append(list(plans))
        for plans_of_step in zip(*shares, strict=True):
            optimizer.zero_grad()
            before = {name: each.clone() for name, each in module.network.named_buffers()}
            for plan in reversed(plans_of_step):  # the first process last, so that its running statistics stay
                for name, each in module.network.named_buffers():
                    each.copy_(before[name])
                images, labels = batches[plan]
                loss = F.cross_entropy(
                    module.network(images.double() / 255), labels, label_smoothing=recipe.label_smoothing
                )
                (loss / PROCESSES).backward()
            optimizer.step()
            schedule.step()
    return copy.deepcopy(module.network.state_dict())


def test_two_processes_arrive_where_one_does_that_averages_their_gradients(finished):
    recipe = RunFolder(finished).load_recipe()
    state = torch.load(finished / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    for name, expected in trained_by_one_process(recipe).items():
        torch.testing.assert_close(state[f"network.{name}"], expected, rtol=1e-8, atol=1e-8, msg=name)


def test_one_release_comes_of_it_with_every_error_once(finished):
    release = load_release(finished / "release")
    indices = release.misclassified.test_indices
    assert len(set(indices.tolist())) == len(indices) == release.metrics.test.errors
    assert release.metrics.test.count == 60 and release.metrics.processes == PROCESSES


def test_every_process_sees_all_of_its_epochs_and_the_batch_is_that_of_the_recipe(finished):
    checkpoint = torch.load(finished / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == EPOCHS * (100 // 50)
    assert json.loads((finished / "recipe.json").read_text())["batch_size"] == 50


def test_only_the_first_process_speaks_and_writes(finished):
    assert len(list(finished.parent.iterdir())) == 1
    assert (finished / "output.txt").read_text().count("Release: ") == 1


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0", "GROUP_RANK": "0"}, True),
        ({"RANK": "8", "LOCAL_RANK": "0", "GROUP_RANK": "1"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"NODE_RANK": "1"}, False),
        ({"SLURM_PROCID": "3"}, False),
    ],
)
def test_the_first_process_is_known_whoever_launched_it(monkeypatch, variables, first):
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_first_process() is first


@pytest.mark.parametrize(
    ("variables", "processes"),
    [
        ({"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_NUM_NODES": "2"}, (4, 2)),
        ({"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_JOB_NAME": "bash"}, (1, 1)),
        ({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"}, (1, 1)),
    ],
    ids=["by srun", "typed in an interactive shell", "in a batch script, without srun"],
)
def test_what_slurm_started_is_the_default(monkeypatch, variables, processes):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert launched_processes() == processes


def test_what_torchrun_started_is_the_default(monkeypatch):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert launched_processes() == (1, 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert launched_processes() == (4, 2)
