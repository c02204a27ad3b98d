import sys
from unittest.mock import Mock, call

import pytest
import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger

from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting import trainer
from training.fitting.run_folder import Run, RunFolder
from training.fitting.trainer import InterruptedRunError, TrackioLogger, build_trainer, fit
from training.options import RunOptions
from training.recipe import Recipe

RECIPE = Recipe(epochs=2, batch_size=50, validation_images=20)


def fit_until(monkeypatch, folder: RunFolder, ending) -> None:
    """Fits with a trainer that gets into the second epoch and then does what `ending` does."""
    stand_in = Mock(spec=pl.Trainer, current_epoch=1, fit=ending)
    monkeypatch.setattr(trainer, "build_trainer", lambda *_, **__: stand_in)
    data = Cifar10DataModule(*load_cifar10(SUBSET), RECIPE, (0.5, 0.5, 0.5))
    fit(Run(folder, RECIPE), data, RunOptions(accelerator="cpu"), "32-true")


def stop_early(*_, **__) -> None:
    """As a trainer that was told to stop."""


def exit_at_once(*_, **__) -> None:
    raise SystemExit


@pytest.mark.parametrize("ending", [stop_early, exit_at_once])
def test_a_run_that_was_stopped_says_how_to_go_on(tmp_path, monkeypatch, ending):
    folder = RunFolder(tmp_path / "run")

    def write_checkpoint_and_end(*_, **__) -> None:
        folder.checkpoints.mkdir()
        folder.last_checkpoint.touch()
        ending()

    with pytest.raises(InterruptedRunError, match=r"stopped in epoch 1; --resume \S+last\.ckpt continues it"):
        fit_until(monkeypatch, folder, write_checkpoint_and_end)


@pytest.mark.parametrize("ending", [stop_early, exit_at_once])
def test_a_run_that_was_stopped_before_its_first_checkpoint_must_be_started_again(tmp_path, monkeypatch, ending):
    with pytest.raises(InterruptedRunError, match=r"no checkpoint yet, so start it again"):
        fit_until(monkeypatch, RunFolder(tmp_path / "run"), ending)


def test_each_leg_of_a_run_has_a_log_of_its_own(tmp_path):
    folder = RunFolder(tmp_path)
    for leg in ("csv-01", "csv-02", "csv-03"):
        built = build_trainer(folder, RECIPE, steps_per_epoch=2, accelerator="cpu", precision="32-true")
        assert built.loggers[1].version == leg
        (tmp_path / leg).mkdir()


def test_the_csv_is_kept_whoever_else_is_told(tmp_path):
    folder = RunFolder(tmp_path)
    for name, count in (("csv", 1), ("tensorboard", 2), ("trackio", 2)):
        built = build_trainer(
            folder, RECIPE, steps_per_epoch=2, accelerator="cpu", precision="32-true", logger_name=name
        )  # fmt: skip
        assert len(built.loggers) == count and isinstance(built.loggers[-1], CSVLogger)


def test_trackio_is_told_of_every_value_under_the_runs_name(monkeypatch):
    stand_in = Mock()
    monkeypatch.setitem(sys.modules, "trackio", stand_in)
    told = TrackioLogger("20261127-120000")
    told.finalize("success")
    told.log_metrics({"train/loss": 0.5}, step=3)
    told.log_metrics({"val/loss": 0.7}, step=4)
    told.finalize("success")
    stand_in.init.assert_called_once_with(project="cifar-xray", name="20261127-120000")
    assert stand_in.log.call_args_list == [call({"train/loss": 0.5}, step=3), call({"val/loss": 0.7}, step=4)]
    stand_in.finish.assert_called_once_with()
