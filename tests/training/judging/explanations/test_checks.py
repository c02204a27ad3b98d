from dataclasses import replace

import pytest

from interpret.attribution.methods import METHOD_NAMES
from model.metrics import MapCheckFigures, SumErrors
from training.judging.explanations.checks import ConcurrencyChecks, MapChecks

SOUND = MapCheckFigures(
    count=1_000,
    randomised_count=100,
    slow_counts={"occlusion": 250, "shapley": 50, "score_cam": 20},
    sums=SumErrors(1e-7, 1e-7, 1e-7),
    pointing=dict.fromkeys(METHOD_NAMES, 0.97) | {"eigen_cam": 0.25, "random_cam": 0.25},
    another_class=dict.fromkeys(METHOD_NAMES, 0.1),
    randomised=dict.fromkeys(METHOD_NAMES, (0.9, 0.5, 0.2)),
    random_band=dict.fromkeys(METHOD_NAMES, (0.1, 0.2)),
)
FEW = {"count": 100, "randomised_count": 10, "slow_counts": {"score_cam": 2}}


def test_sound_maps_miss_nothing():
    assert MapChecks(SOUND).misses() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sums": SumErrors(1e-7, 2e-4, 1e-7)}, "evidence misses the logit by more than 0.0001"),
        ({"sums": SumErrors(1e-7, 1e-7, 2e-4)}, "cells and constants miss the score by more than 0.0001"),
        ({"pointing": SOUND.pointing | {"layer_cam": 0.4}}, "layer_cam does not point at its class"),
        ({"randomised": SOUND.randomised | {"grad_cam": (0.9, 0.5, 0.4)}}, "grad_cam outlives the network"),
        ({"randomised": SOUND.randomised | {"xgrad_cam": (0.1, 0.1, 0.2)}}, "xgrad_cam outlives the network"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(changes, words):
    assert MapChecks(replace(SOUND, **changes)).misses() == [words]


def test_few_pictures_are_not_enough_to_judge_randomisation():
    outliving = {"randomised": SOUND.randomised | {"grad_cam": (0.9, 0.9, 0.9)}}
    assert MapChecks(replace(SOUND, **FEW, **outliving)).misses() == []


def test_a_slow_method_that_points_badly_is_judged_by_no_fewer_questions_than_tell():
    badly = replace(SOUND, pointing=SOUND.pointing | {"score_cam": 0.25})
    assert MapChecks(badly).misses() == ["score_cam does not point at its class"]
    assert MapChecks(replace(badly, **FEW)).misses() == []


def test_a_quick_method_that_points_badly_is_judged_by_any_number_of_pictures():
    badly = {"pointing": SOUND.pointing | {"grad_cam": 0.25}}
    assert MapChecks(replace(SOUND, count=5, randomised_count=1, slow_counts={}, **badly)).misses() == [
        "grad_cam does not point at its class"
    ]


def test_what_was_not_measured_stands_in_the_table_as_such():
    quick = {name: value for name, value in SOUND.another_class.items() if name != "score_cam"}
    (row,) = [
        line
        for line in MapChecks(replace(SOUND, another_class=quick)).table().splitlines()
        if line.startswith("| Score-CAM")
    ]
    assert row.count("not measured") == 9 and "97.0%" in row


def test_concurrency_misses_wrong_answers_traces_and_growth():
    assert ConcurrencyChecks(0, 480, [], 2**20, -(2**20)).misses() == []
    found = ConcurrencyChecks(2, 480, ["hooks on fc"], 2**20, 2**30).misses()
    assert found == ["2 concurrent answers are wrong", "something is left behind", "memory grows"]
