import platform
import subprocess
import sys
from collections import namedtuple

import pytest
import torch

from tests.conftest import ROOT
from training.fitting import machine
from training.fitting.machine import AcceleratorError, DiskSpaceError, check_accelerator, check_disk_space

FAULTS = """
import resource, sys, torch
from training.fitting.machine import keep_freed_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**24).fill_(1)  # 64 MiB, freed at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
if sys.argv[1] == "keep":
    assert keep_freed_memory()
print(sum(faults() for _ in range(40)))
"""


def faults(argument: str) -> int:
    """Page faults of forty allocations of 64 MiB, one after another."""
    command = [sys.executable, "-c", FAULTS, argument]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_freed_memory_is_kept_for_the_next_step():
    assert faults("keep") < faults("give back") / 2


def test_a_full_disk_is_noticed_before_training(tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: usage(499_000_000))
    with pytest.raises(DiskSpaceError, match=r"needs 500 MB .* 499 MB free.*--out"):
        check_disk_space(tmp_path / "not" / "there" / "yet")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: usage(500_000_000))
    check_disk_space(tmp_path)


def test_more_gpus_than_there_are_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_accelerator("gpu", devices=2)
    with pytest.raises(AcceleratorError, match="--devices 3 was asked for, but this machine has 2"):
        check_accelerator("auto", devices=3)
