"""A release is written from a network whose answers are known, over nothing or over an earlier release."""

import numpy as np
import pytest
import torch

from model.images import to_tensor
from model.metrics import Metrics, SplitFigures
from model.release import load_release
from model.samples import REVIEWS
from training.data.split import Split
from training.fitting.run_folder import RunFolder
from training.recipe import Recipe
from training.releasing.writer import evaluate, format_table, write_release

ABOUT = {"training_images": 100, "seconds": 60.0, "hardware": "one CPU", "precision": "32-true"}
NOTHING = Split(np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, np.uint8))
TRAINING = Split(np.random.default_rng(1).integers(0, 256, (6, 32, 32, 3), np.uint8), np.arange(6, dtype=np.uint8))
LOGGED = """epoch,step,lr-rest,train/loss,train/accuracy,val/loss,val/accuracy
0,1,0.1,2.0,0.3,2.1,0.2
1,3,0.05,1.0,0.6,1.2,0.5
"""


def split_with_errors(network, wrong: int) -> Split:
    """Eight images of noise; all but the first `wrong` have the label that the network predicts."""
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    with torch.no_grad():
        labels = network(to_tensor(images)).argmax(dim=1).numpy().astype(np.uint8)
    labels[:wrong] = (labels[:wrong] + 1) % 10
    return Split(images, labels)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "metrics.csv").write_text(LOGGED)
    return RunFolder(tmp_path)


def contents(run: RunFolder) -> dict[str, bytes]:
    return {str(path.relative_to(run.path)): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def test_the_release_verifies_and_its_errors_are_those_of_the_network(run, network):
    metrics = write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 3), ABOUT)
    release = load_release(run.release)
    assert (metrics.test.count, metrics.test.errors, release.test_accuracy) == (8, 3, 5 / 8)
    assert release.misclassified.test_indices.tolist() == [0, 1, 2]
    assert (release.metrics.hardware, release.metrics.training_images) == ("one CPU", 100)


def test_the_release_holds_the_nearest_training_images_of_its_errors_and_no_reviews_of_an_excerpt(run, network):
    write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 3), ABOUT)
    release = load_release(run.release)
    assert release.lacks == {REVIEWS: "is not part of it"}
    assert release.nearest.train_indices.shape == (3, 4)
    assert np.array_equal(release.nearest.images, TRAINING.images[release.nearest.train_indices])
    assert np.array_equal(release.nearest.labels, TRAINING.labels[release.nearest.train_indices])


def test_without_validation_images_nothing_is_fitted(network):
    evaluation = evaluate(network, NOTHING, split_with_errors(network, 1))
    assert evaluation.config.temperature == 1
    assert (evaluation.metrics.validation, evaluation.metrics.out_of_distribution) == (None, None)


def test_an_earlier_release_is_replaced_whole(run, network):
    write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 3), ABOUT)
    fresh = set(contents(run))
    (run.release / "figures" / "of_an_earlier_version.png").write_bytes(b"old")
    write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 2), ABOUT)
    assert set(contents(run)) == fresh
    assert load_release(run.release).metrics.test.errors == 2


def test_an_evaluation_that_fails_leaves_the_earlier_release_as_it_was(run, network, monkeypatch):
    write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 3), ABOUT)
    before = contents(run)

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("training.releasing.writer.evaluate", fail)
    with pytest.raises(MemoryError):
        write_release(run, network, Recipe(), TRAINING, NOTHING, split_with_errors(network, 2), ABOUT)
    assert contents(run) == before


def test_the_table_has_a_line_for_each_split_that_was_judged():
    figures = SplitFigures(count=1000, errors=50, accuracy=0.95, loss=0.25, ece=0.0125)
    assert format_table(Metrics(test=figures)).splitlines()[1:] == [
        "test             1,000    95.00%   0.2500   1.25%"
    ]  # fmt: skip
    assert [line.split()[0] for line in format_table(Metrics(test=figures, validation=figures)).splitlines()] == [
        "pictures", "validation", "test",
    ]  # fmt: skip
