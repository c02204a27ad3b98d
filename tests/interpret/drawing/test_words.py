import numpy as np
import pytest

from interpret.drawing.render import two_decimals
from interpret.drawing.words import (
    busiest_place,
    describe_cam,
    describe_evidence,
    describe_faithfulness,
    faithfulness_table,
    listed,
    measured_faithfulness,
    percent,
)
from model.metrics import FaithfulnessFigures, MethodFaithfulness, Metrics, SplitFigures, parse_metrics


def cam(*cells: tuple[int, int, float]) -> np.ndarray:
    values = np.zeros((4, 4))
    for row, column, value in cells:
        values[row, column] = value
    return values


def test_a_quarter_with_most_of_the_evidence_is_named_with_its_share():
    sentence = describe_cam(cam((0, 0, 3.0), (3, 3, 1.0)), "cat")
    assert sentence == "75% of the evidence for cat lies in the upper left quarter of the picture."


def test_the_centre_is_a_place_of_its_own():
    assert busiest_place(cam((1, 1, 0.3), (2, 2, 0.4), (0, 3, 0.3))) == ("centre", 0.7)


def test_no_share_is_rounded_up_to_certainty():
    assert [percent(share) for share in (0.994, 0.9961, 1.0)] == ["99%", "over 99%", "100%"]


def test_a_half_is_named_if_no_quarter_holds_most():
    place, share = busiest_place(cam((0, 0, 0.4), (0, 3, 0.4), (3, 0, 0.2)))
    assert (place, round(share, 6)) == ("upper half", 0.8)


def test_even_evidence_is_called_spread():
    assert describe_cam(np.ones((4, 4)), "ship") == "The evidence for ship is spread over the whole picture."


def test_no_evidence_is_said_in_words():
    assert describe_cam(np.zeros((4, 4)), "frog") == "This map finds nothing in the picture that speaks for frog."


def test_a_signed_map_says_how_much_speaks_against_the_class():
    sentence = describe_cam(cam((0, 0, 3.0), (3, 3, -1.0)), "cat")
    assert sentence == (
        "100% of the evidence for cat lies in the upper left quarter of the picture; "
        "25% of all evidence speaks against it."
    )


def test_a_map_of_no_class_claims_no_evidence():
    assert describe_cam(cam((0, 0, 3.0)), None) == "100% of the map lies in the upper left quarter of the picture."
    assert describe_cam(np.zeros((4, 4)), None) == "The map is empty."


def test_the_ledgers_sentence_adds_up():
    cells = cam((1, 1, 3.0), (2, 2, 1.0), (0, 0, -1.5))
    expected = "is 2.50 logits: 4.00 for it and \u22121.50 against, 100% of what speaks for it in the centre."
    assert describe_evidence(cells, "cat") == f"The score of cat {expected}"
    assert describe_evidence(cells, "cat", "dog") == f"Cat's lead over dog {expected}"


def test_what_rounds_to_zero_has_no_sign():
    assert [two_decimals(value) for value in (-0.001, 0.0, -1.006)] == ["0.00", "0.00", "\u22121.01"]


TEST = SplitFigures(10_000, 500, 0.95)


def scores(road: float, half_width: float) -> MethodFaithfulness:
    return MethodFaithfulness((0.4, 0.01), (0.6, 0.01), (road, half_width))


def test_the_most_faithful_method_stands_first():
    methods = {"random_cam": scores(0.0, 0.02), "hires_cam": scores(0.3, 0.02)}
    table = faithfulness_table(FaithfulnessFigures(10, None, methods))
    assert table.splitlines()[2] == "| HiResCAM | 0.400 ± 0.010 | 0.600 ± 0.010 | 0.300 ± 0.020 |"


def test_a_methods_faithfulness_stands_beside_the_controls():
    methods = {"grad_cam": scores(0.476, 0.018), "random_cam": scores(-0.02, 0.021)}
    metrics = Metrics(TEST, faithfulness=FaithfulnessFigures(1000, None, methods))
    words = describe_faithfulness(metrics, "grad_cam")
    assert "1,000 test pictures" in words
    assert words.endswith("Grad-CAM +0.48 ± 0.02, maps that know nothing \u22120.02 ± 0.02.")
    assert describe_faithfulness(metrics, "random_cam").endswith("This control knows nothing.")
    for unknown in (describe_faithfulness(metrics, "score_cam"), describe_faithfulness(Metrics(TEST), "score_cam")):
        assert unknown == "How faithful Score-CAM is was not measured for this release."


def test_a_map_of_what_speaks_against_a_class_says_so():
    assert describe_cam(cam((0, 0, 1.0)), "frog", turned=True).startswith("100% of the evidence against frog lies in")


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {"count": 10},
        {"count": 10, "methods": {"of_tomorrow": {}}},
        {"count": 10, "methods": {"grad_cam": {"road": [0.1, 0.2]}}},
        {"count": 10, "methods": {"grad_cam": {"deletion": [1], "insertion": [1, 2], "road": [1, 2]}}},
        {"count": "ten", "methods": {"grad_cam": {"deletion": [1, 2], "insertion": [1, 2], "road": [1, 2]}}},
    ],
)
def test_faithfulness_that_is_not_as_expected_is_as_good_as_not_measured(found):
    metrics = parse_metrics(Metrics(TEST).document() | {"faithfulness": found})
    assert measured_faithfulness(metrics) is None
    assert "was not measured" in describe_faithfulness(metrics, "grad_cam")


def test_a_method_that_this_code_does_not_know_leaves_the_others_measured():
    known = {"deletion": [0.4, 0.01], "insertion": [0.6, 0.01], "road": [0.1, 0.2]}
    for unknown in ({}, known):
        methods = {"of_tomorrow": unknown, "grad_cam": known}
        said = Metrics(TEST).document() | {"faithfulness": {"count": 10, "methods": methods}}
        assert measured_faithfulness(parse_metrics(said)) == FaithfulnessFigures(
            10, None, {"grad_cam": scores(0.1, 0.2)}
        )


def test_parts_of_a_sentence_are_listed_as_in_prose():
    parts = ["5% of food, plants", "6% of tools", "7% of digits"]
    assert [listed(parts[:count]) for count in range(3)] == ["", parts[0], f"{parts[0]} and {parts[1]}"]
    assert listed(parts) == "5% of food, plants; 6% of tools; and 7% of digits"
