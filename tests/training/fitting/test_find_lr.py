import json

import numpy as np
import pytest

from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.find_lr import RangeTest, RisingRate, find_lr
from training.recipe import Recipe


def test_it_suggests_where_the_loss_falls_fastest():
    rates = np.geomspace(1e-3, 10, 41)
    losses = 2 - np.tanh(4 * np.log10(rates / 0.1)) + np.where(rates > 1, rates, 0)
    assert RangeTest(rates, losses).suggestion == 0.1


def test_it_suggests_nothing_if_the_loss_never_falls():
    assert RangeTest(np.geomspace(1e-3, 10, 10), np.linspace(2, 5, 10)).suggestion is None


def test_a_real_test_raises_the_rate_and_saves_its_plot(tmp_path):
    data = Cifar10DataModule(*load_cifar10(SUBSET), Recipe(batch_size=25, validation_images=20), (0.5, 0.5, 0.5))
    result = find_lr(data, data.recipe, tmp_path, accelerator="cpu", precision="32-true", steps=5)
    assert result.learning_rates[0] == pytest.approx(1e-3)
    assert (np.diff(result.learning_rates) > 0).all() and result.learning_rates[-1] < 10
    assert (tmp_path / "learning_rate_range.png").stat().st_size > 0


def test_a_test_that_is_stopped_keeps_what_it_measured_and_says_how_far_it_came(tmp_path, monkeypatch, caplog):
    def interrupt(module, *_):
        if len(module.losses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(RisingRate, "on_train_batch_end", interrupt)
    data = Cifar10DataModule(*load_cifar10(SUBSET), Recipe(batch_size=25, validation_images=20), (0.5, 0.5, 0.5))
    result = find_lr(data, data.recipe, tmp_path, accelerator="cpu", precision="32-true", steps=50)
    assert len(result.losses) == 2 and "Stopped at step 2 of 50; what was measured is kept" in caplog.text
    assert len(json.loads((tmp_path / "learning_rate_range.json").read_text())["losses"]) == 2
