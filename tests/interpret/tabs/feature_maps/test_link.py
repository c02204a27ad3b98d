from urllib.parse import parse_qsl

import pytest

from interpret.link import LinkWords
from interpret.tabs.feature_maps.cell import linked
from interpret.tabs.feature_maps.link import USUAL, link_maker, link_reader
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")
CHOSEN = [3, "custom_block1", "convolution", "response", "map", "dog", 9, 31, 12]


def read(served, query: str) -> tuple[list, str | None]:
    words = LinkWords(dict(parse_qsl(query.removeprefix("?"))))
    return link_reader(served)(words), words.told()


def test_a_link_leads_back_to_the_choices_that_it_was_made_from(served, release):
    query = link_maker(served)(CAT, "fit", *CHOSEN)
    said = dict(parse_qsl(query.removeprefix("?")))
    assert (said["tab"], said["example"], said["squaring"], said["release"]) == (
        "feature_maps", "cat.png", "fit", release.identifier,
    )  # fmt: skip
    assert read(served, query) == ([*CHOSEN, linked("custom_block1", "convolution", 9)], None)


def test_what_is_as_usual_is_left_out_and_read_as_usual(served, release):
    query = link_maker(served)(CAT, "crop", *USUAL.values())
    assert query == f"?tab=feature_maps&example=cat.png&squaring=crop&release={release.identifier}"
    assert read(served, query) == ([*USUAL.values(), []], None)


@pytest.mark.parametrize(
    ("part", "at", "nearest"),
    [
        ("channel=64", 0, 63),
        ("layer=conv9", 1, "prep_layer"),
        ("point=after", 2, "output"),
        ("sort=size", 3, "number"),
        ("scale=own", 4, "map"),
        ("class=tiger", 5, "predicted"),
        ("layer=custom_block3&open=512", 6, 511),
        ("layer=custom_block3&row=9", 7, 3),
        ("layer=custom_block3&point=convolution&row=9", 7, 7),
        ("row=1&column=-1", 8, 0),
    ],
)
def test_the_nearest_is_shown_and_told_where_a_link_asks_for_what_there_is_not(served, part, at, nearest):
    values, told = read(served, f"?tab=feature_maps&{part}")
    assert values[at] == nearest
    assert told and told.endswith(f"you see {list(USUAL)[at]} {nearest} instead.")


def test_there_is_no_link_without_a_picture(served):
    assert link_maker(served)(None, "crop", *USUAL.values()) == ""
