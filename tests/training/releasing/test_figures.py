import numpy as np
import pytest

from training.releasing.figures import confusion_figure, training_curves


def test_training_curves_run_over_epochs():
    """Three epochs of four steps; the learning rate was logged with every second step, counted from 0."""
    curves = {
        "train/loss": ([3.0, 7.0, 11.0], [2.0, 1.0, 0.5]),
        "val/loss": ([3.0, 7.0, 11.0], [2.0, 1.5, 1.0]),
        "lr-rest": ([1.0, 3.0, 5.0, 7.0, 9.0, 11.0], [0.1, 0.2, 0.3, 0.2, 0.1, 0.0]),
    }
    loss, _, rate = training_curves(curves).axes
    assert [axis.get_xlabel() for axis in (loss, rate)] == ["epoch", "epoch"]
    assert [line.get_xdata().tolist() for line in loss.lines] == [[1, 2, 3], [1, 2, 3]]
    assert rate.lines[0].get_xdata().tolist() == [0.5, 1, 1.5, 2, 2.5, 3]


@pytest.mark.parametrize(("classes", "numbers"), [(10, 100), (31, 0)])
def test_a_confusion_matrix_has_numbers_as_long_as_they_can_be_read(classes, numbers):
    figure = confusion_figure(np.eye(classes, dtype=int), tuple(map(str, range(classes))))
    assert len(figure.axes[0].texts) == numbers and len(figure.axes[0].get_xticks()) == classes


def test_epochs_are_whole_numbers_on_the_axes():
    steps = [1.0, 3.0]
    for axis in training_curves({"train/loss": (steps, [2.0, 1.0]), "lr-rest": (steps, [0.1, 0.2])}).axes:
        assert all(float(tick).is_integer() for tick in axis.get_xticks())
