import math

import pytest
import torch

from interpret.choices import ChoiceError
from interpret.prediction import BATCH_ON_CPU, logits_of_many, predict, probabilities_of, top_classes


def test_probabilities_are_the_softmax_of_logits_over_the_temperature():
    probabilities = probabilities_of(torch.tensor([[2.0, 0.0]]), temperature=2.0)
    assert probabilities[0, 0].item() == pytest.approx(math.e / (math.e + 1))


def test_they_sum_to_one_and_agree_with_the_logits_on_the_class(network, cat):
    logits, probabilities = predict(network, cat)
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-6)
    assert probabilities.argmax() == logits.argmax()


def test_top_classes_come_most_probable_first():
    assert top_classes(torch.tensor([0.2, 0.5, 0.3]), ("a", "b", "c"), 2) == {
        "b": pytest.approx(0.5),
        "c": pytest.approx(0.3),
    }


@pytest.mark.parametrize("top_k", [0, 11, 2.5, -1])
def test_a_top_k_out_of_range_is_refused_and_not_clipped(top_k):
    with pytest.raises(ChoiceError, match="from 1 to 10"):
        top_classes(torch.full((10,), 0.1), tuple("abcdefghij"), top_k)


@pytest.mark.parametrize("count", [1, BATCH_ON_CPU, BATCH_ON_CPU + 3])
def test_many_images_get_the_logits_that_each_gets_alone(network, count):
    images = torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = logits_of_many(network, images)
    assert found.shape == (count, 10)
    alone = torch.cat([predict(network, image[None])[0] for image in images])
    torch.testing.assert_close(found, alone, rtol=1e-4, atol=1e-4)


def test_many_images_leave_no_trace_on_the_network(network):
    found = logits_of_many(network, torch.rand(3, 3, 32, 32))
    assert not found.requires_grad
    assert all(each.grad is None for each in network.parameters())
