"""Whether an image shows none of the classes that the network knows: a score of its logits against a threshold.

A score is higher for what the network knows. Which one a release uses, and the threshold, are found when it is made
(`training/judging/warning.py`), and stand in its metrics with the rates at which the warning is right and wrong.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.choices import ChoiceError, check_name
from interpret.prediction import probabilities_of
from model.metrics import METRICS, Metrics, Rate

logger = logging.getLogger(__name__)

Score = Callable[[Tensor, float], Tensor]


def max_probability(logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch"]:
    """The calibrated confidence, in [0, 1]. Hendrycks and Gimpel 2017, https://arxiv.org/abs/1610.02136."""
    return probabilities_of(logits, temperature).amax(dim=1)


def max_logit(logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch"]:
    """The largest logit. Hendrycks et al. 2022, https://arxiv.org/abs/1911.11132."""
    return logits.amax(dim=1)


def negative_entropy(logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch"]:
    """Minus the entropy of the calibrated probabilities, in nats: 0 for certainty."""
    probabilities = probabilities_of(logits, temperature)
    return -torch.special.entr(probabilities).sum(dim=1)


def negative_energy(logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch"]:
    """log(sum(exp(logits))): evidence for anything at all. Liu et al. 2020, https://arxiv.org/abs/2010.03759, eq. 4."""
    return torch.logsumexp(logits, dim=1)


SCORES: dict[str, Score] = {
    score.__name__: score for score in (max_probability, max_logit, negative_entropy, negative_energy)
}


@dataclass(frozen=True)
class Detector:
    """Warns of images whose `score` is below `threshold`.

    `false_alarms`: how often it warns of test images of the known classes. `detections`: of images of other things,
    by what they show. Raises ChoiceError for an unknown score.
    """

    score: str
    threshold: float
    false_alarms: Rate
    detections: Mapping[str, Rate]

    def __post_init__(self) -> None:
        check_name("score", self.score, tuple(SCORES))

    def score_of(self, logits: Float[Tensor, "batch classes"], temperature: float) -> Float[Tensor, "batch"]:
        return SCORES[self.score](logits, temperature)

    def warns(self, logits: Float[Tensor, "batch classes"], temperature: float) -> list[bool]:
        """For each image, whether it warns."""
        return (self.score_of(logits, temperature) < self.threshold).tolist()


def detector_of(metrics: Metrics) -> Detector | None:
    """What a release's metrics say; None if they say nothing, or name a score that this code does not know."""
    if (found := metrics.out_of_distribution) is None:
        return None
    try:
        return Detector(found.score, found.threshold, found.false_alarms, found.detections or {})
    except ChoiceError as error:
        where = f"{METRICS}: out_of_distribution.score"
        logger.warning("Figures of the release could not be read. %s: %s", where, error)
        return None
