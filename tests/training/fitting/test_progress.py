from unittest.mock import Mock

import pytest
import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar

from training.fitting import progress
from training.fitting.progress import TrainingProgress

MODULE = Mock(spec=pl.LightningModule)


def test_the_bar_tells_pictures_per_second_and_the_time_left_of_the_whole_run(monkeypatch):
    clock = iter([100.0, 160.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(TQDMProgressBar, "on_train_start", lambda *_: None)
    monkeypatch.setattr(TQDMProgressBar, "get_metrics", lambda *_: {"v_num": "csv-01", "val/loss": 0.5})
    bar, trainer = TrainingProgress(batch_size=512, total_steps=1_000), Mock(spec=pl.Trainer, global_step=400)
    bar.on_train_start(trainer, MODULE)
    trainer.global_step = 430  # 30 steps in 60 seconds, 570 to go
    assert bar.get_metrics(trainer, MODULE) == {"val/loss": 0.5, "images/s": 256, "left": "19:00"}


@pytest.mark.parametrize("step", [0, 400])
def test_it_tells_nothing_before_the_first_step(monkeypatch, step):
    monkeypatch.setattr(TQDMProgressBar, "on_train_start", lambda *_: None)
    monkeypatch.setattr(TQDMProgressBar, "get_metrics", lambda *_: {})
    bar, trainer = TrainingProgress(batch_size=512, total_steps=1_000), Mock(spec=pl.Trainer, global_step=step)
    bar.on_train_start(trainer, MODULE)
    assert bar.get_metrics(trainer, MODULE) == {}
