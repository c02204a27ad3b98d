import numpy as np
import pytest
import torch

from model.images import to_tensor
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.completeness import completeness


@pytest.fixture(scope="module")
def split() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_the_evidence_of_real_pictures_adds_up_to_logits_margins_and_at_every_layer(network, split):
    found = completeness(network, split[0])
    assert found.logits < 1e-5 and found.margins < 1e-5 and found.balance < 1e-5


def test_a_credit_or_a_balance_that_loses_something_is_found_out(network, split, monkeypatch):
    def careless(activations):
        return torch.where(activations == activations.amax(dim=(2, 3), keepdim=True), 0.9, 0.0) * activations

    monkeypatch.setattr("interpret.attribution.evidence.shapley_of_maximum", careless)
    assert completeness(network, split[0][:5]).logits > 0.05
