import numpy as np

from interpret.words import busiest_place, describe_cam, percent


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
    assert describe_cam(np.zeros((4, 4)), "frog") == "At this layer nothing in the picture speaks for frog."
