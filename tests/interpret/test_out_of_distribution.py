import math
from dataclasses import replace

import pytest
import torch

from interpret.choices import ChoiceError
from interpret.drawing.words import WARNINGS, describe_reliability, describe_warning
from interpret.out_of_distribution import SCORES, Detector, detector_of
from model.metrics import Metrics, Rate, SplitFigures, parse_metrics

TEST = SplitFigures(10_000, 500, 0.95)
LOGITS = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("max_probability", [0.75, 0.5]),
        ("max_logit", [math.log(3), 0]),
        ("negative_entropy", [0.75 * math.log(0.75) + 0.25 * math.log(0.25), math.log(0.5)]),
        ("negative_energy", [math.log(4), math.log(2)]),
    ],
)
def test_a_score_worked_out_by_hand(score, expected):
    assert SCORES[score](LOGITS, 1.0).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("score", SCORES)
def test_every_score_is_higher_for_the_more_certain_answer(score):
    certain, unsure = SCORES[score](torch.tensor([[9.0, 0.0, 0.0], [1.0, 0.5, 0.5]]), 0.7).tolist()
    assert certain > unsure


def test_it_warns_of_what_lies_below_the_threshold_only():
    detector = Detector("max_logit", 1.0, Rate(0.05, 100), {})
    assert detector.warns(LOGITS, 1.0) == [False, True]


def test_a_release_without_these_figures_has_no_detector():
    assert detector_of(Metrics(TEST)) is None


def said(figures: object) -> Metrics:
    """The metrics of a release that says this of its warning."""
    return parse_metrics(Metrics(TEST).document() | {"out_of_distribution": figures})


@pytest.mark.parametrize(
    "figures",
    [
        {"score": "new", "threshold": 1.0, "false_alarms": {"rate": 0.05, "count": 1}},
        {"score": "max_logit", "false_alarms": {"rate": 0.05, "count": 1}},
        {"score": "max_logit", "threshold": 1.0, "false_alarms": {"rate": 0.05, "count": 1, "by": "hand"}},
        ["max_logit"],
    ],
)
def test_figures_that_this_code_does_not_understand_give_no_detector_and_no_failure(figures, caplog):
    assert detector_of(said(figures)) is None
    assert "could not be read" in caplog.text


def test_a_detector_is_read_from_a_releases_metrics():
    found = detector_of(
        said({
            "score": "max_logit",
            "threshold": 1.5,
            "false_alarms": {"rate": 0.05, "count": 10_000},
            "detections": {"food": {"rate": 0.6, "count": 50}},
        })
    )  # fmt: skip
    assert found == Detector("max_logit", 1.5, Rate(0.05, 10_000), {"food": Rate(0.6, 50)})


def test_an_unknown_score_is_answered_with_the_scores_there_are():
    with pytest.raises(ChoiceError, match="max_probability, max_logit"):
        Detector("mahalanobis", 0.0, Rate(0.05, 1), {})


def test_the_warning_is_one_sentence_and_another_says_how_often_it_is_wrong_and_what_it_finds():
    detector = Detector("max_logit", 1.0, Rate(0.051, 10_000), {"pictures of food": Rate(0.6, 50)})
    words = describe_warning(detector, 10, "the pictures of leaves")
    assert "less evidence for any class here than in almost all of the pictures of leaves." in words
    assert "none of the 10 classes" in words and words.count(".") == 1
    assert describe_reliability(detector) == (
        "The warning wrongly flags 5.1% of the 10,000 test pictures, and catches 60% of 50 pictures of food: where it "
        "says nothing, that proves little."
    )
    assert describe_reliability(replace(detector, detections={})).endswith("the 10,000 test pictures.")


def test_there_are_words_for_every_score():
    assert set(WARNINGS) == set(SCORES)
