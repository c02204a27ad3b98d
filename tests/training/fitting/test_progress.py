import logging
import sys
from unittest.mock import Mock

import pytest
import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar

from training.fitting import progress
from training.fitting.progress import ProgressLines, TrainingProgress, progress_of

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


@pytest.mark.parametrize(("terminal", "kind"), [(True, TrainingProgress), (False, ProgressLines)])
def test_a_bar_is_redrawn_in_terminals_only(monkeypatch, terminal, kind):
    monkeypatch.setattr(sys, "stdout", Mock(isatty=lambda: terminal))
    assert type(progress_of(512, 100)) is kind


def test_it_is_standard_output_that_the_bar_is_drawn_on():
    with TrainingProgress(512, 100).init_train_tqdm() as bar:
        assert bar.fp._wrapped is sys.stdout


def test_elsewhere_there_is_a_line_at_the_start_one_a_minute_and_one_at_the_end_of_an_epoch(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    clock = iter([100.0, 110.0, 120.0, 171.0, 172.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    lines = ProgressLines(batch_size=512, total_steps=1_000)
    trainer = Mock(spec=pl.Trainer, global_step=400, current_epoch=4, is_last_batch=False)
    lines.on_train_start(trainer, MODULE)
    for step in range(401, 405):
        trainer.global_step, trainer.is_last_batch = step, step == 404
        lines.on_train_batch_end(trainer, MODULE, None, None, 0)
    assert [record.message for record in caplog.records] == [
        "Epoch 5, step 401 of 1,000: 51 images/s, 99:50 left",
        "Epoch 5, step 403 of 1,000: 22 images/s, 235:29 left",
        "Epoch 5, step 404 of 1,000: 28 images/s, 178:48 left",
    ]
