from urllib.parse import parse_qsl

import pytest

from interpret.link import LinkWords
from interpret.tabs.kernels.link import USUAL, link_maker, link_reader

CHOSEN = ["resnet_block1.3", 5, False, 40, True, "norm"]


def read(served, query: str) -> tuple[list, str | None]:
    words = LinkWords(dict(parse_qsl(query.removeprefix("?"))))
    layer, slider, *others = link_reader(served)(words)
    return [layer, slider["value"], *others], words.told()


def test_a_link_leads_back_to_the_choices_that_it_was_made_from(served):
    assert read(served, link_maker(served)(*CHOSEN)) == ([*CHOSEN, CHOSEN[0]], None)


def test_what_is_as_usual_is_left_out(served, release):
    query = link_maker(served)("prep_layer", 0, True, 0, False, "number")
    assert query == f"?tab=kernels&release={release.identifier}"
    assert read(served, query) == (["prep_layer", 0, True, 0, False, "number", "prep_layer"], None)


def test_that_no_kernel_is_open_is_part_of_a_link(served):
    values, told = read(served, link_maker(served)("prep_layer", 0, True, None, False, "number"))
    assert (values[3], told) == (-1, None)


@pytest.mark.parametrize(
    ("part", "at", "nearest"),
    [
        ("layer=resnet_block1", 0, "prep_layer"),
        ("layer=custom_block1&input=64", 1, 63),
        ("kernel=64", 3, 63),
        ("kernel=-2", 3, -1),
        ("sort=size", 5, "number"),
    ],
)
def test_the_nearest_is_shown_and_told_where_a_link_asks_for_what_there_is_not(served, part, at, nearest):
    values, told = read(served, f"?tab=kernels&{part}")
    assert values[at] == nearest
    assert told and told.endswith(f"you see {list(USUAL)[at]} {nearest} instead.")
