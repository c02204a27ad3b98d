import logging
from functools import partial

import numpy as np
import pytest

from tests.conftest import SUBSET
from training.data.cifar10 import DataError
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.run_folder import RunFolder
from training.options import RunOptions
from training.pipeline import load_data, report_range_test, train
from training.recipe import Recipe


def test_a_batch_that_the_processes_cannot_share_is_refused_with_the_data():
    recipe = Recipe(batch_size=50, validation_images=20)
    assert len(load_data(RunOptions(data_dir=SUBSET, devices=2), recipe).train) == 100
    with pytest.raises(DataError, match="batch of 50 cannot be shared evenly by 4"):
        load_data(RunOptions(data_dir=SUBSET, devices=2, num_nodes=2), recipe)


@pytest.mark.parametrize(
    ("losses", "advice"),
    [([3.0, 2.9, 2.0, 1.0, 0.9, 4.0], "falls fastest at a learning rate of 0.1"), ([1.0] * 6, "The loss never fell")],
)
def test_a_range_test_ends_in_advice_and_says_where_its_plot_is(tmp_path, caplog, losses, advice):
    caplog.set_level(logging.INFO)
    report_range_test(RangeTest(np.geomspace(1e-3, 1e2, 6), np.array(losses)), RunFolder(tmp_path))
    assert advice in caplog.text and f"{tmp_path}/learning_rate_range.png" in caplog.text


def test_a_range_test_leaves_its_plot_and_no_release(tmp_path, monkeypatch):
    monkeypatch.setattr("training.pipeline.find_lr", partial(find_lr, steps=3))
    changes = {"batch_size": 25, "validation_images": 20}
    assert train(RunOptions(data_dir=SUBSET, changes=changes, accelerator="cpu", find_lr=True, out=tmp_path)) is None
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} == {"learning_rate_range.png", "learning_rate_range.json"}
