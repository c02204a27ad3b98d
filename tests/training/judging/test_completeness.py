import numpy as np
import pytest
import torch

from model.images import to_tensor
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.completeness import completeness


@pytest.fixture(scope="module")
def split() -> tuple[torch.Tensor, np.ndarray]:
    _, test = load_cifar10(SUBSET)
    return to_tensor(test.images), test.labels


def test_the_evidence_of_real_pictures_adds_up_to_logits_and_margins(network, split):
    found = completeness(network, split[0])
    assert found.count == 60
    assert found.logits < 1e-5 and found.margins < 1e-5
