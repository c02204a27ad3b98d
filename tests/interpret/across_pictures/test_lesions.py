import numpy as np
import pytest
import torch

from interpret.across_pictures.lesions import drawn_channels, lesions, listed_channels
from interpret.choices import ChoiceError
from model.channels.pooled import PooledMaxima
from model.images import to_tensor


@pytest.fixture(scope="module")
def maxima(release) -> PooledMaxima:
    return release.pooled


def test_no_lesion_leaves_the_accuracy_of_the_release(network, maxima, release):
    found = lesions(network, maxima, np.array([], int))
    assert found.accuracies == (release.test_accuracy,) * 2
    assert found.after.tolist() == [list(row) for row in release.metrics.test.confusion_matrix]
    assert found.sentence() == "With all channels 94.73% of 10,000 test pictures are right."


def test_random_sets_give_what_the_network_says_when_it_is_run_without_them(network, maxima, release):
    """On the errors, which the release holds as pictures: ten sets of channels at zero, run for real."""
    samples, rng = release.misclassified, np.random.default_rng(0)
    with torch.inference_mode():
        activations = torch.cat([
            network.forward_with_activations(to_tensor(samples.images[start : start + 100]))[1]["resnet_block3"]
            for start in range(0, len(samples), 100)
        ])  # fmt: skip
    for _ in range(10):
        channels = rng.permutation(512)[: rng.integers(1, 400)]
        lesioned = activations.clone()
        lesioned[:, channels] = 0
        with torch.inference_mode():
            expected = network.classify(lesioned).argmax(dim=1).numpy()
        kept = np.setdiff1d(np.arange(512), channels)
        values = maxima.values[samples.test_indices][:, kept]
        assert np.array_equal((values @ network.fc.weight[:, kept].numpy().T).argmax(axis=1), expected)


@pytest.mark.whole_data
@pytest.mark.timeout(1800)
def test_a_real_run_over_test_images_without_the_channels_gives_the_same_confusion(network, maxima, whole_data):
    """Twenty sets, on 1,000 test images: the network is run with the channels at zero."""

    _, test = whole_data
    rows, rng = np.random.default_rng(1).permutation(len(test))[:1_000], np.random.default_rng(2)
    with torch.inference_mode():
        activations = torch.cat([
            network.forward_with_activations(to_tensor(test.images[rows[start : start + 100]]))[1]["resnet_block3"]
            for start in range(0, len(rows), 100)
        ])  # fmt: skip
    some = PooledMaxima(maxima.labels[rows], maxima.values[rows])
    assert np.array_equal(some.labels, test.labels[rows])
    for _ in range(20):
        channels = rng.permutation(512)[: rng.integers(1, 400)]
        lesioned = activations.clone()
        lesioned[:, channels] = 0
        with torch.inference_mode():
            predictions = network.classify(lesioned).argmax(dim=1).numpy()
        expected = np.zeros((10, 10), int)
        np.add.at(expected, (some.labels, predictions), 1)
        assert np.array_equal(lesions(network, some, channels).after, expected)


def test_the_sentence_names_few_channels_and_the_class_that_loses_most(network, maxima):
    found = lesions(network, maxima, np.array([3, 17]))
    assert found.sentence().startswith("Without these 2 channels (3 and 17) of the last layer ")
    many = lesions(network, maxima, drawn_channels(network, maxima, "cat", 100, 0))
    assert "these 100 channels of the last layer" in many.sentence()
    assert "the class cat loses most: 90.5% before, " in many.sentence()
    assert lesions(network, maxima, np.array([3])).sentence().startswith("Without this channel (3) of the last layer ")


def test_the_numbers_hold_accuracies_and_the_matrix(network, maxima):
    found = lesions(network, maxima, np.arange(256))
    numbers = found.numbers()
    assert numbers["accuracy"]["after"] == pytest.approx(np.trace(numbers["confusion_matrix"]) / 10_000)
    assert numbers["class_accuracy"]["cat"]["before"] == pytest.approx(0.905)
    assert numbers["channels"] == list(range(256))


def test_channels_are_listed_as_people_type_them():
    assert listed_channels(" 3, 17,200-203;3 ", 512).tolist() == [3, 17, 200, 201, 202, 203]
    assert listed_channels("", 512).tolist() == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("cat", "'cat' is no number"), ("512", "from 0 to 511, got 512"), ("9-3", "from 0 to 511, got 9-3"),
     ("-1", "'-1' is no number"), ("1.5", "'1.5' is no number")],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_refused(text, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        listed_channels(text, 512)


def test_channels_are_drawn_at_random_from_a_seed(network, maxima):
    one, again, other = (drawn_channels(network, maxima, "random", 20, seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist() != other.tolist() and len(set(one.tolist())) == 20


def test_those_that_speak_most_for_a_class_are_those_that_add_most_to_its_score_on_average(network, maxima):
    adds = maxima.values.mean(axis=0) * network.fc.weight[5].numpy()
    chosen = drawn_channels(network, maxima, "dog", 10, 0)
    assert adds[chosen].min() >= np.delete(adds, chosen).max()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [(("tiger", 1, 0), "Unknown way to draw channels 'tiger'"), (("random", 513, 0), "from 0 to 512"),
     (("random", 1, -1), "seed must be a whole number from 0")],
)  # fmt: skip
def test_a_draw_that_cannot_be_made_is_refused(network, maxima, asked, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        drawn_channels(network, maxima, *asked)
