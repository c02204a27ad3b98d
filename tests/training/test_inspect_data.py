import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import ROOT, SUBSET
from training.data.cifar10 import load_cifar10
from training.inspect_data import channel_statistics, statistics_table


def inspect(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/inspect_data.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


def test_its_statistics_are_those_of_the_pixels_in_double_precision():
    train, _ = load_cifar10(SUBSET)
    pixels = train.images.astype(np.float64).reshape(-1, 3) / 255
    statistics = channel_statistics(train.images)
    for name in ("min", "max", "mean", "std", "var"):
        np.testing.assert_allclose(statistics[name], getattr(np, name)(pixels, axis=0), rtol=1e-12)


@pytest.mark.whole_data
def test_the_whole_data_has_the_mean_and_deviation_that_the_network_normalises_by(whole_data, network):
    train, _ = whole_data
    statistics = channel_statistics(train.images)
    np.testing.assert_allclose(statistics["mean"], network.config.mean, atol=1e-8)
    np.testing.assert_allclose(statistics["std"], network.config.std, atol=1e-8)


def test_the_table_states_counts_and_shape_of_both_splits():
    train, test = load_cifar10(SUBSET)
    table = statistics_table({"train": train, "test": test})
    assert "train: 120 pictures, shape (120, 32, 32, 3), uint8" in table
    assert "test: 60 pictures" in table and "airplane 12" in table


def test_the_command_prints_the_table_and_saves_the_figures(tmp_path):
    result = inspect("--data-dir", str(SUBSET), "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"samples.png", "channels.png", "augmentations.png"}
    assert "mean" in result.stderr and str(tmp_path) in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--data-dir", "/nowhere"], "No data in /nowhere"), (["--picture", "120"], "must be from 0 to 119, got 120")],
)
def test_bad_use_gets_one_clear_sentence(tmp_path, arguments, sentence):
    result = inspect("--data-dir", str(SUBSET), "--out", str(tmp_path), *arguments)
    assert result.returncode == 1 and sentence in result.stderr and "Traceback" not in result.stderr
