import numpy as np
import pytest

from interpret.attribution.balance import Balance
from interpret.attribution.methods import method_named
from interpret.drawing.text import two_decimals
from interpret.drawing.words import (
    busiest_place,
    counted,
    describe_balance,
    describe_balance_sheet,
    describe_cam,
    describe_evidence,
    describe_faithfulness,
    describe_measured_balance,
    faithfulness_table,
    in_a_row,
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


def test_names_are_counted_the_most_frequent_first():
    assert counted(["ship", "ship"]) == "ship"
    assert counted(["truck", "ship", "cat", "ship", "cat", "ship"]) == "ship (3), cat (2) and truck (1)"


def test_a_half_is_named_if_no_quarter_holds_most():
    place, share = busiest_place(cam((0, 0, 0.4), (0, 3, 0.4), (3, 0, 0.2)))
    assert (place, round(share, 6)) == ("upper half", 0.8)


@pytest.mark.parametrize("side", [4, 32])
def test_only_nearly_even_evidence_is_called_spread(side):
    sentence = "The evidence for ship is spread evenly over the whole picture."
    assert describe_cam(np.ones((side, side)), "ship") == sentence
    uneven = np.ones((4, 4))
    uneven[0, 0] = uneven[3, 3] = 1.9
    assert describe_cam(uneven.repeat(side // 4, axis=0).repeat(side // 4, axis=1), "ship") != sentence


def test_evidence_in_no_single_place_is_said_to_be_in_the_fewest_cells_that_hold_half_of_it():
    corners = cam((0, 0, 4.0), (3, 3, 3.0), (3, 0, 2.0), (0, 3, 2.0), (1, 2, 1.0))
    finer = corners.repeat(4, axis=0).repeat(4, axis=1)
    for values in (corners, finer):
        assert describe_cam(values, "ship") == "58% of the evidence for ship lies in cells A1 and D4."


def test_the_map_and_the_ledger_name_the_same_cells():
    cells = cam((0, 0, 4.0), (3, 3, 3.0), (3, 0, 2.0), (0, 3, 2.0), (1, 2, 1.0))
    assert "58% of the evidence for ship lies in cells A1 and D4" in describe_cam(cells, "ship")
    assert "58% of what speaks for it in cells A1 and D4." in describe_evidence(cells, "ship")


def test_no_evidence_is_said_in_words():
    assert describe_cam(np.zeros((4, 4)), "frog") == "This map finds nothing in the picture that speaks for frog."


def test_a_signed_map_says_how_much_speaks_against_the_class():
    sentence = describe_cam(cam((0, 0, 3.0), (3, 3, -1.0)), "cat")
    assert sentence == (
        "100% of the evidence for cat lies in the upper left quarter of the picture; "
        "25% of all evidence speaks against it."
    )


def test_a_map_that_mostly_speaks_against_the_class_says_so_first():
    against = cam((0, 0, -9.0), (3, 3, 1.0))
    assert describe_cam(against, "dog") == (
        "90% of all evidence speaks against dog; 100% of the rest lies in the lower right quarter of the picture."
    )
    assert describe_cam(against, "dog", turned=True).startswith("100% of the evidence against dog lies in")


def test_a_map_of_no_class_claims_no_evidence():
    assert describe_cam(cam((0, 0, 3.0)), None) == "100% of the map lies in the upper left quarter of the picture."
    assert describe_cam(np.zeros((4, 4)), None) == "The map is empty."


def test_what_speaks_against_it_is_left_out_where_it_rounds_to_nothing():
    assert describe_cam(cam((0, 0, 3.0), (3, 3, -0.01)), "cat").endswith("upper left quarter of the picture.")


def test_the_ledgers_sentence_adds_up():
    cells = cam((1, 1, 3.0), (2, 2, 1.0), (0, 0, -1.5))
    expected = (
        "is 2.50 logits: 4.00 for it and \u22121.50 against, 100% of what speaks for it in the centre of the picture."
    )
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
    assert words == (
        "Tried on 1,000 test pictures: erasing what Grad-CAM calls unimportant leaves +0.48 ± 0.02 more confidence "
        "than erasing what it calls important; with random maps the difference is \u22120.02 ± 0.02."
    )
    assert describe_faithfulness(metrics, "grad_cam", "custom_block2") == words.replace(
        "pictures:", "pictures, at the last layer and not at this one:"
    )
    assert describe_faithfulness(metrics, "random_cam").endswith("important. This control knows nothing.")
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


def balance_of(name: str, layer: str, cells: float, score: float) -> str:
    return describe_balance("cat", method_named(name), layer, cells, score)


def test_a_balance_names_what_the_cells_and_the_later_constants_add():
    assert balance_of("hires_cam", "custom_block3", 2.44, 4.0) == (
        "Score of cat: 4.00 logits = 2.44 from the cells of layer 5 + 1.56 from the constants of the layers after it."
    )
    assert balance_of("shared_credit", "resnet_block3", 4.0, 4.0) == (
        "Score of cat: 4.00 logits = 4.00 from the cells of layer 6."
    )


def test_a_balance_says_when_most_of_the_score_does_not_show_and_when_a_maps_cells_do_not_add_up():
    said = balance_of("grad_cam", "prep_layer", -1.09, 4.0)
    assert "+ 5.09 from" in said and "So most of the score does not show at this layer." in said
    assert said.endswith("Grad-CAM's own cells do not add up to it.")
    assert balance_of("random_cam", "prep_layer", 1.0, 4.0).endswith(
        "RandomCAM is of no class: its cells do not add up to it."
    )
    assert "most of the score" not in balance_of("hires_cam", "custom_block3", 2.0, 4.0)


def test_what_is_read_of_a_balance_adds_up_as_it_is_rounded():
    assert "6.29 logits = 0.94 from the cells of layer 3 + 5.35 from" in balance_of(
        "hires_cam", "resnet_block1", 0.944, 6.286
    )
    assert "= 5.00 from the cells of layer 3 + (\u22121.00) from" in balance_of("hires_cam", "resnet_block1", 5.0, 4.0)


def test_the_balance_of_what_was_measured_has_the_blank_pictures_score():
    shapley, occlusion = (
        describe_measured_balance("cat", method_named(name), 5.5, -1.5, 4.0) for name in ("shapley", "occlusion")
    )
    assert shapley == "Score of cat: 4.00 logits = 5.50 from the cells + (\u22121.50) of the blank picture."
    assert "the losses (5.50 in all) do not add up to the difference" in occlusion


def test_a_balance_sheet_names_every_layer():
    found = Balance(4.0, (-0.5, 0.1, 0.2, 0.3, 0.4, 1.5, 4.0), (4.5, 3.9, 3.8, 3.7, 3.6, 2.5, 0.0))
    said = describe_balance_sheet(found, "The score of cat")
    assert said.startswith(
        "The score of cat is 4.00 logits. The cells of layer 6 add up to all of it; those of layers 1 to 5 to "
    )
    assert "0.10, 0.20, 0.30, 0.40 and 1.50, and the pixels to \u22120.50." in said


def test_names_stand_in_a_row():
    names = ["A1", "B2", "C3"]
    assert [in_a_row(names[:count]) for count in (1, 2, 3)] == ["A1", "A1 and B2", "A1, B2 and C3"]


def test_cells_of_the_other_sign_do_not_show_the_score():
    assert "So most of the score does not show" in balance_of("hires_cam", "prep_layer", -3.0, 4.7)


def test_a_balance_sheet_concludes_only_what_its_numbers_show():
    shown = Balance(4.0, (-0.5, 0.1, 0.2, 0.3, 3.4, 3.5, 4.0), (4.5, 3.9, 3.8, 3.7, 0.6, 0.5, 0.0))
    assert describe_balance_sheet(shown, "The score of cat").endswith("add the rest.")
