import numpy as np
import pytest
import torch

from interpret.choices import ChoiceError
from interpret.misclassified.confusion import confusion_of
from interpret.misclassified.margins import confused_classes
from interpret.misclassified.selection import Selection, errors_of
from model.images import to_tensor


@pytest.fixture(scope="module")
def errors(release):
    return errors_of(release)


def test_cells_and_channels_of_every_confusion_add_up_to_the_mean_margin(explainer, errors, release):
    names, counted = errors.class_names, confusion_of(release).errors
    for row, column in np.argwhere(counted > 0):
        found = confused_classes(explainer, errors, names[row], names[column])
        margin = errors.margins[errors.select(Selection(names[row], names[column]))].mean()
        assert found.count == counted[row, column]
        for total in (found.margin, found.cells.sum(), found.channels.sum()):
            assert total == pytest.approx(margin, rel=1e-4)


def test_a_channel_adds_what_its_going_takes_from_the_mean_margin(explainer, errors):
    """An independent forward, with the channel at zero."""
    found = confused_classes(explainer, errors, "truck", "automobile")
    channel, adds = found.strongest()[0]
    images = to_tensor(errors.samples.images[errors.select(Selection("truck", "automobile"))])
    with torch.inference_mode():
        _, activations = explainer.network.forward_with_activations(images)
        maxima = activations["resnet_block3"].amax(dim=(2, 3))
        without = maxima.clone()
        without[:, channel] = 0
        whole, less = (each @ explainer.network.fc.weight.T for each in (maxima, without))
    margin = lambda logits: float((logits[:, 1] - logits[:, 9]).mean())  # noqa: E731
    assert margin(whole) - margin(less) == pytest.approx(adds, rel=1e-3)


def test_the_channels_that_push_most_come_first(explainer, errors):
    values = [value for _, value in confused_classes(explainer, errors, "cat", "dog").strongest()]
    assert len(values) == 10 and values == sorted(values, reverse=True)


def test_the_sentence_adds_up_and_names_the_strongest_channel(explainer, errors):
    found = confused_classes(explainer, errors, "dog", "cat")
    channel, adds = found.strongest()[0]
    assert found.sentence().startswith(
        f"{found.count} pictures are of class dog and taken for cat: cat leads by {found.margin:.2f} logits on average"
    )
    assert f"Channels {channel} (+{adds:.2f})" in found.sentence()
    alone = next(
        (true, predicted)
        for true in errors.class_names
        for predicted in errors.class_names
        if true != predicted and len(errors.select(Selection(true, predicted))) == 1
    )
    assert confused_classes(explainer, errors, *alone).sentence().startswith("One picture is of class")


def test_classes_that_are_not_confused_are_said_to_be_so(explainer, errors):
    with pytest.raises(ChoiceError, match=r"No test picture of the class airplane is taken for dog\."):
        confused_classes(explainer, errors, "airplane", "dog")
    with pytest.raises(ChoiceError, match="Name two of the classes"):
        confused_classes(explainer, errors, "any", "dog")


def test_the_numbers_hold_the_map_and_the_channels(explainer, errors):
    numbers = confused_classes(explainer, errors, "cat", "dog").numbers()
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["margin"], rel=1e-5)
    assert [each["channel"] for each in numbers["channels"]] and numbers["count"] == 45
