import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import model.cores
from model.cores import granted_cores, keep_to_granted_cores
from training.train import main

ROOT = Path(__file__).resolve().parents[2]


def version_2(folder: Path, limit: str) -> Path:
    (folder / "cpu.max").write_text(f"{limit}\n")
    return folder


def version_1(folder: Path, quota: int) -> Path:
    (folder / "cpu").mkdir()
    (folder / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (folder / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    return folder


@pytest.mark.parametrize(
    ("limit", "cores"), [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", None)]
)
def test_a_quota_is_read_in_cores_rounded_up(tmp_path, limit, cores):
    assert granted_cores(version_2(tmp_path, limit)) == cores


@pytest.mark.parametrize(("quota", "cores"), [(200_000, 2), (-1, None)])
def test_so_is_one_of_older_kernels(tmp_path, quota, cores):
    assert granted_cores(version_1(tmp_path, quota)) == cores


@pytest.mark.parametrize("content", [None, "", "nonsense", "1 0"])
def test_what_cannot_be_read_limits_nothing(tmp_path, content):
    assert granted_cores(version_2(tmp_path, content) if content is not None else tmp_path) is None


@pytest.fixture
def large_machine(tmp_path, monkeypatch):
    """Sixteen cores, of which the container was granted two."""
    monkeypatch.setattr(model.cores, "CGROUPS", version_2(tmp_path, "200000 100000"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(16)))
    monkeypatch.setenv("OMP_NUM_THREADS", "")  # so that it is put back
    monkeypatch.delenv("OMP_NUM_THREADS")


@pytest.mark.parametrize(("processes", "threads"), [(1, "2"), (2, "1"), (4, "1")])
def test_openmp_is_given_the_cores_that_were_granted(large_machine, processes, threads):
    keep_to_granted_cores(processes)
    assert os.environ["OMP_NUM_THREADS"] == threads


def test_where_it_may_run_on_no_more_cores_than_were_granted_nothing_is_set(large_machine, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5})
    keep_to_granted_cores()
    assert "OMP_NUM_THREADS" not in os.environ


def test_another_number_that_the_owner_has_set_is_left_alone(large_machine, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    keep_to_granted_cores()
    assert os.environ["OMP_NUM_THREADS"] == "4"


@pytest.mark.parametrize(("devices", "threads"), [("1", "2"), ("2", "1")])
def test_training_shares_them_among_its_processes(large_machine, monkeypatch, devices, threads):
    seen = []
    fit = SimpleNamespace(train=lambda options: seen.append(os.environ["OMP_NUM_THREADS"]), judge_checkpoint=None)
    monkeypatch.setitem(sys.modules, "training.pipeline", fit)
    main(["--devices", devices])
    assert seen == [threads]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores, to grant one of them")
def test_the_app_keeps_to_them(tmp_path):
    version_2(tmp_path, "100000 100000")
    script = (
        f"import pathlib, model.cores; model.cores.CGROUPS = pathlib.Path({str(tmp_path)!r}); "
        "import app, torch; print(torch.get_num_threads())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "1"
