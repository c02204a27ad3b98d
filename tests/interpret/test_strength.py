import pytest

from interpret.strength import METRICS_KEY, usual_strength


def metrics(value: object) -> dict:
    return {METRICS_KEY: {"methods": {"grad_cam": {"stages": {"prep_layer": value}}}}}


def test_a_release_states_it_for_each_method_and_stage():
    assert usual_strength(metrics(2.5), "grad_cam", "prep_layer") == 2.5
    assert usual_strength(metrics(2.5), "grad_cam", "resnet_block3") == 0
    assert usual_strength(metrics(2.5), "score_cam", "prep_layer") == 0


@pytest.mark.parametrize("value", [-1, "wide", None, float("nan"), float("inf"), [1]])
def test_a_release_that_states_no_positive_number_states_nothing(value):
    assert usual_strength(metrics(value), "grad_cam", "prep_layer") == 0


@pytest.mark.parametrize("broken", [{}, {METRICS_KEY: None}, {METRICS_KEY: {"methods": []}}, {METRICS_KEY: "much"}])
def test_a_release_that_says_nothing_or_something_else_states_nothing(broken):
    assert usual_strength(broken, "grad_cam", "prep_layer") == 0
