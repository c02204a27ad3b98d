import json
import math
from dataclasses import replace

import pytest

from model.metrics import (
    FaithfulnessFigures,
    MethodFaithfulness,
    MethodStrength,
    Metrics,
    MetricsError,
    Rate,
    SplitFigures,
    StrengthFigures,
    WarningFigures,
    parse_metrics,
)
from model.release import BUNDLED

TEST = {"count": 10, "errors": 3, "accuracy": 0.7}
RATE = {"rate": 0.05, "count": 10}
CHECKED = {"count": 1, "randomised_count": 1, "slow_counts": {}, "sums": {"logits": 0, "margins": 0, "balance": 0}} | {
    name: {} for name in ("pointing", "another_class", "randomised", "random_band")
}
SCORES = {"deletion": [0.4, 0.01], "insertion": [0.6, 0.01], "road": [0.1, 0.2]}


@pytest.fixture(scope="module")
def bundled() -> dict:
    return json.loads((BUNDLED / "metrics.json").read_text())


def test_the_bundled_metrics_are_written_as_they_were_read(bundled):
    written = parse_metrics(bundled).document()
    assert written == bundled and list(written) == list(bundled)


def test_the_dataclasses_hold_everything_that_the_bundled_metrics_say(bundled, caplog):
    remembered = replace(parse_metrics(bundled), source={})
    assert remembered.document() == bundled
    assert not caplog.records


def test_what_was_written_is_read_as_the_same_metrics(bundled):
    metrics = parse_metrics(bundled)
    assert parse_metrics(json.loads(json.dumps(replace(metrics, source={}).document()))) == metrics


def test_a_release_that_states_only_its_errors_lacks_all_else():
    assert parse_metrics({"test": TEST}) == Metrics(SplitFigures(10, 3, 0.7))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "test is missing"),
        ({"test": [1]}, r"test must be an object, got \[1\]"),
        ({"test": {"count": 10, "errors": 3}}, "test.accuracy is missing"),
        ({"test": TEST | {"accuracy": "high"}}, "test.accuracy must be a number from 0 to 1, got 'high'"),
        ({"test": TEST | {"accuracy": 1.5}}, "test.accuracy must be a number from 0 to 1, got 1.5"),
        ({"test": TEST | {"accuracy": math.nan}}, "test.accuracy must be a number from 0 to 1, got nan"),
        ({"test": TEST | {"accuracy": None}}, "test.accuracy must be a number from 0 to 1, got None"),
        ({"test": TEST | {"count": True}}, "test.count must be a finite number, got True"),
        ({"test": TEST | {"count": 10**400}}, "test.count must be a finite number, got 1000"),
        ({"test": TEST | {"errors": 2.5}}, "test.errors must be a whole number, at least 0, got 2.5"),
        ({"test": TEST | {"errors": -1}}, "test.errors must be a whole number, at least 0, got -1"),
    ],
)
def test_a_required_field_that_is_missing_or_wrong_is_named(document, message):
    with pytest.raises(MetricsError, match=rf"^metrics\.json: {message}"):
        parse_metrics(document)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"test": TEST | {"loss": "low"}}, "test.loss"),
        ({"test": TEST | {"confusion_matrix": [[1, 2], [3, "four"]]}}, "test.confusion_matrix[1][1]"),
        ({"validation": {"count": 1}}, "validation.errors"),
        ({"further_test_figures": {"accuracy_flip_tta": 2}}, "further_test_figures.accuracy_flip_tta"),
        ({"preset": 3}, "preset"),
        ({"recipe": "secret"}, "recipe"),
        ({"versions": {"torch": 2.11}}, "versions.torch"),
        ({"seed": "zero"}, "seed"),
        ({"seconds": math.inf}, "seconds"),
        ({"out_of_distribution": {"score": "max_logit", "threshold": 1.0}}, "out_of_distribution.false_alarms"),
        ({"out_of_distribution": {"threshold": 1.0, "false_alarms": RATE}}, "out_of_distribution.score"),
        ({"faithfulness": {"count": "ten", "methods": {}}}, "faithfulness.count"),
        ({"faithfulness": {"count": 10, "methods": {"m": {}}}}, "faithfulness.methods.m.deletion"),
        ({"map_strength": {"methods": {"m": {"stages": {"s": math.nan}}}}}, "map_strength.methods.m.stages.s"),
        ({"map_strength": "much"}, "map_strength"),
        ({"map_checks": CHECKED | {"pointing": {"m": 2}}}, "map_checks.pointing.m"),
        ({"map_checks": CHECKED | {"sums": {}}}, "map_checks.sums.logits"),
        ({"erasing": {"count": 1, "fills": {"mean": {}}}}, "erasing.fills.mean.correlation"),
    ],
)
def test_an_optional_field_that_cannot_be_read_is_named_in_one_warning_and_written_again_as_it_stood(
    said, named, caplog
):
    metrics = parse_metrics({"test": TEST} | said)
    (record,) = caplog.records
    assert f"metrics.json: {named} " in record.getMessage()
    assert repr(metrics.document()) == repr({"test": TEST} | said)


def test_an_optional_section_that_cannot_be_read_is_none():
    sections = ("validation", "recipe", "out_of_distribution", "faithfulness", "map_strength", "map_checks", "erasing")
    for name in sections:
        assert getattr(parse_metrics({"test": TEST, name: ["something", "else"]}), name) is None


def test_one_entry_that_cannot_be_read_leaves_the_others():
    said = {"count": 10, "stage": "last", "methods": {"known": SCORES, "of_tomorrow": {}}}
    known = MethodFaithfulness((0.4, 0.01), (0.6, 0.01), (0.1, 0.2))
    found = parse_metrics({"test": TEST, "faithfulness": said}).faithfulness
    assert found == FaithfulnessFigures(10, "last", {"known": known})
    strengths = {"methods": {"m": {"count": 5, "stages": {"first": 2.5, "last": -1}}}}
    found = parse_metrics({"test": TEST, "map_strength": strengths}).map_strength
    assert found == StrengthFigures(None, {"m": MethodStrength(5, {"first": 2.5})})


def test_a_warning_with_a_rate_that_says_more_than_is_known_is_not_half_understood():
    warning = {"score": "max_logit", "threshold": 1.0, "false_alarms": RATE}
    expected = WarningFigures("max_logit", 1.0, Rate(0.05, 10))
    assert parse_metrics({"test": TEST, "out_of_distribution": warning}).out_of_distribution == expected
    for strange in ({"false_alarms": RATE | {"by": "hand"}}, {"detections": {"food": {"rate": 2, "count": 1}}}):
        assert parse_metrics({"test": TEST, "out_of_distribution": warning | strange}).out_of_distribution is None


def test_figures_of_a_network_that_diverged_are_numbers_all_the_same(caplog):
    test = parse_metrics({"test": TEST | {"loss": math.nan, "ece": math.nan}}).test
    assert math.isnan(test.loss) and math.isnan(test.ece) and not caplog.records


def test_the_half_width_of_a_single_image_is_not_a_number_and_its_mean_must_be_one():
    def road(*interval: float) -> FaithfulnessFigures | None:
        said = {"count": 1, "methods": {"m": SCORES | {"road": list(interval)}}}
        return parse_metrics({"test": TEST, "faithfulness": said}).faithfulness

    assert math.isnan(road(0.1, math.nan).methods["m"].road[1])
    assert not road(math.nan, 0.1).methods and not road(0.1).methods


def test_a_changed_section_is_written_anew_and_what_is_not_known_stays(bundled):
    document = bundled | {"energy": {"joules": 3}, "preset": None}
    warning = WarningFigures("max_logit", 1.5, Rate(0.05, 10))
    written = replace(parse_metrics(document), out_of_distribution=warning, map_strength=None).document()
    expected = document | {
        "out_of_distribution": {"score": "max_logit", "threshold": 1.5, "false_alarms": {"rate": 0.05, "count": 10}}
    }
    del expected["map_strength"]
    assert written == expected


def test_metrics_are_not_changed_by_writing_them(bundled):
    before = json.dumps(bundled)
    metrics = parse_metrics(bundled)
    replace(metrics, seed=7).document()["test"] = {}
    assert json.dumps(bundled) == json.dumps(metrics.document()) == before


def strength(value: object) -> Metrics:
    return parse_metrics({"test": TEST, "map_strength": {"methods": {"grad_cam": {"stages": {"prep_layer": value}}}}})


def test_how_strong_maps_usually_are_is_stated_for_each_method_and_stage():
    assert strength(2.5).usual_strength("grad_cam", "prep_layer") == 2.5
    assert strength(2.5).usual_strength("grad_cam", "resnet_block3") == 0
    assert strength(2.5).usual_strength("score_cam", "prep_layer") == 0


@pytest.mark.parametrize("value", [-1, "wide", None, math.nan, math.inf, [1], 0])
def test_a_release_that_states_no_positive_number_states_no_strength(value):
    assert strength(value).usual_strength("grad_cam", "prep_layer") == 0


@pytest.mark.parametrize(
    "broken", [{}, {"map_strength": None}, {"map_strength": {"methods": []}}, {"map_strength": "much"}]
)
def test_a_release_that_says_nothing_or_something_else_states_no_strength(broken):
    assert parse_metrics({"test": TEST} | broken).usual_strength("grad_cam", "prep_layer") == 0
