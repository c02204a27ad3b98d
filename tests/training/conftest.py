import numpy as np
import pytest

from training.judging.calibration import softmax


@pytest.fixture
def logits_and_labels() -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities themselves, so that temperature 1 is right; then logits 3 x too large."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5000, 10)).astype(np.float32) * 2
    probabilities = softmax(logits, 1.0)
    labels = (probabilities.cumsum(axis=1) > rng.random((5000, 1))).argmax(axis=1)
    return logits * 3, labels
