import pytest
import torch

from training.fitting.precision import chosen_precision, fast_precision, probe_seconds
from training.fitting.run_folder import RunFolder
from training.options import RunOptions
from training.recipe import Recipe


@pytest.mark.parametrize(("bf16", "fp32", "expected"), [(1.0, 2.0, "bf16-mixed"), (2.0, 1.0, "32-true")])
def test_the_precision_that_proves_faster_is_chosen(monkeypatch, bf16, fp32, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    seconds = {torch.bfloat16: bf16, torch.float32: fp32}
    monkeypatch.setattr("training.fitting.precision.probe_seconds", seconds.__getitem__)
    assert fast_precision("cpu") == expected


def test_nothing_is_measured_where_several_processes_must_choose_alike(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr("training.fitting.precision.probe_seconds", lambda dtype: pytest.fail("probed"))
    assert fast_precision("cpu", measure=False) == "bf16-mixed"


def test_a_processor_without_bfloat16_is_not_asked_to_emulate_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    monkeypatch.setattr("training.fitting.precision.probe_seconds", lambda dtype: pytest.fail("probed"))
    assert fast_precision("cpu") == "32-true"


def test_the_probe_measures_both_precisions():
    assert 0 < probe_seconds(torch.bfloat16, repeats=1) < 10
    assert 0 < probe_seconds(torch.float32, repeats=1) < 10


def test_a_resumed_run_keeps_the_precision_that_it_began_with(tmp_path, monkeypatch):
    monkeypatch.setattr("training.fitting.precision.fast_precision", lambda _, measure: "bf16-mixed")
    options, folder = RunOptions(), RunFolder(tmp_path / "run")
    folder.start(Recipe(), {"precision": "32-true"})
    assert chosen_precision(options, folder, resumed=True) == "32-true"
    assert chosen_precision(options, folder, resumed=False) == "bf16-mixed"
    assert chosen_precision(RunOptions(precision="64-true"), folder, resumed=True) == "64-true"


def test_half_precision_on_a_cpu_is_named_as_what_it_is(tmp_path):
    options = RunOptions(precision="16-mixed", accelerator="cpu")
    assert chosen_precision(options, RunFolder(tmp_path), resumed=False) == "bf16-mixed"
