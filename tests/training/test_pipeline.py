import logging
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from model.metrics import CIFAR10, DataFigures, Metrics, SplitFigures
from model.network import NetworkConfig
from model.release import BUNDLED, WEIGHTS, load_release
from tests.conftest import SUBSET
from training.data.dataset import load_data_set
from training.data.split import DataError
from training.fitting.find_lr import RangeTest, find_lr
from training.fitting.run_folder import ResumeError, RunFolder
from training.options import RunOptions
from training.pipeline import (
    batches_of,
    check_same_data,
    doubts,
    fitted_to,
    judge_checkpoint,
    normalised,
    report_range_test,
    train,
    was_seen_before,
)
from training.recipe import Recipe
from training.releasing.checkpoint import CheckpointError


def test_a_batch_that_the_processes_cannot_share_is_refused_with_the_data():
    recipe = Recipe(batch_size=50, validation_images=20)
    data = load_data_set(SUBSET)
    assert len(batches_of(data, RunOptions(devices=2), recipe).train) == 100
    with pytest.raises(DataError, match="batch of 50 cannot be shared evenly by 4"):
        batches_of(data, RunOptions(devices=2, num_nodes=2), recipe)


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


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A release of the bundled weights, taken for weights that were trained elsewhere."""
    options = RunOptions(
        data_dir=SUBSET,
        from_checkpoint=BUNDLED / WEIGHTS,
        mean=(0.5, 0.5, 0.5),
        changes={"validation_images": 20, "seed": 3},
        out=tmp_path_factory.mktemp("runs"),
    )
    return load_release(judge_checkpoint(options))


def test_weights_from_elsewhere_become_a_whole_release(judged):
    assert (judged.metrics.test.count, judged.metrics.validation.count) == (60, 20)
    assert judged.test_accuracy > 0.8 and judged.config.mean == (0.5, 0.5, 0.5)
    assert judged.metrics.out_of_distribution is not None and judged.config.temperature != 1
    assert set(judged.lacks) == {"label_reviews.parquet"}
    assert {path.name for path in (judged.folder / "figures").iterdir()} == {
        "confusion_matrix.png", "reliability.png", "contact_sheet.png",
    }  # fmt: skip


def test_a_release_of_weights_from_elsewhere_says_so(judged):
    card = (judged.folder / "README.md").read_text()
    assert judged.metrics.checkpoint.file == WEIGHTS and judged.metrics.checkpoint.sha256 in card
    assert "The network was trained elsewhere" in card and "training run" not in card and "epochs" not in card


def test_the_pictures_held_out_can_be_found_again(judged):
    assert judged.metrics.recipe == {"validation_images": 20, "seed": 3}


def test_a_judged_checkpoint_is_no_run_that_could_be_resumed(judged):
    assert {path.name for path in judged.folder.parent.iterdir()} == {"release"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"mean": (125.3, 122.9, 113.8)}, "got 125.3 122.9 113.8; of pixels from 0 to 255, divide it by 255"),
        ({"std": (0.2, 0.0, 0.2)}, "--std must be three numbers in [0, 1] above 0"),
    ],
)
def test_a_normalisation_that_no_pictures_have_is_refused(values, sentence):
    with pytest.raises(CheckpointError) as error:
        normalised(NetworkConfig(), values.get("mean"), values.get("std"))
    assert sentence in str(error.value)


def figures(accuracy: float) -> SplitFigures:
    return SplitFigures(100, round(100 * (1 - accuracy)), accuracy, class_accuracy=(accuracy,) * 10)


@pytest.mark.parametrize(
    ("test", "validation", "doubt"),
    [(0.94, 0.94, ""), (0.12, 0.11, "little more than chance"), (0.93, 1.0, "temperature is then too low")],
)
def test_figures_that_suggest_a_mistake_are_told_with_it(test, validation, doubt):
    found = doubts(Metrics(test=figures(test), validation=figures(validation)))
    assert doubt in found and bool(found) == bool(doubt)


@pytest.mark.parametrize(("pictures", "seen"), [(3, False), (10, False), (500, True)])
def test_few_pictures_that_are_all_right_are_no_sign_that_they_were_trained_on(pictures, seen):
    assert was_seen_before(replace(figures(1.0), count=pictures), figures(0.93)) is seen


def test_small_data_has_defaults_that_suit_it_and_what_was_given_stays():
    data = load_data_set(SUBSET)
    fitted = fitted_to(data, Recipe(), {})
    assert (fitted.validation_images, fitted.batch_size) == (12, 32)
    given = {"validation_images": 100, "batch_size": 64}
    assert fitted_to(data, Recipe(**given), given) == Recipe(**given)
    whole = replace(data, about=DataFigures(CIFAR10, "CIFAR-10"))
    assert fitted_to(whole, Recipe(), {}) == Recipe()


def test_a_run_is_resumed_on_the_data_that_it_began_with_and_on_no_other(tmp_path):
    data, folder = load_data_set(SUBSET), RunFolder(tmp_path / "run")
    folder.start(Recipe(), data.facts())
    check_same_data(folder, data)
    with pytest.raises(ResumeError, match="was started on other data; name that with --data-dir"):
        check_same_data(folder, replace(data, test=data.train))
    earlier = RunFolder(tmp_path / "earlier")
    earlier.start(Recipe(), {"precision": "32-true"})
    check_same_data(earlier, data)
