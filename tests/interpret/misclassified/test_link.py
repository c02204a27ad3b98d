from urllib.parse import parse_qsl

import pytest

from interpret.link import LinkWords
from interpret.misclassified.link import ListedErrors, listed_errors_of
from interpret.misclassified.selection import Selection
from model.network import CIFAR10_CLASSES

CHOSEN = Selection("cat", "dog", "random", "rejected", 0.25, 0.75, 7)


def followed(query: str) -> ListedErrors | None:
    """What a link asks for of which all is there."""
    said = dict(parse_qsl(query.removeprefix("?")))
    words = LinkWords(said)
    listed = listed_errors_of(said, words, CIFAR10_CLASSES)
    assert words.told() is None
    return listed


@pytest.mark.parametrize("listed", [ListedErrors(Selection()), ListedErrors(CHOSEN, 3, 2405)])
def test_a_link_brings_back_what_it_was_made_of(listed):
    assert followed(listed.query("1a2b3c4")) == listed


def test_a_link_says_only_what_is_not_as_usual():
    assert ListedErrors(Selection(true_label="cat")).query("1a2b3c4") == "?tab=misclassified&true=cat&release=1a2b3c4"


def test_a_link_to_something_else_asks_for_no_list():
    assert followed("?example=cat.png&class=cat&release=1a2b3c4") is None and followed("") is None


@pytest.mark.parametrize(
    ("wrong", "seen", "told"),
    [
        ("true=tiger", Selection(predicted_label="dog"), "true 'tiger'"),
        ("least=much", Selection(predicted_label="dog"), "least 'much'"),
        ("least=nan", Selection(predicted_label="dog"), "least 'nan'"),
        ("least=-1&most=7", Selection(predicted_label="dog"), "least '-1' and most '7'"),
        ("least=0.5&most=0.25", Selection(predicted_label="dog", min_confidence=0.5), "most '0.25'"),
        ("seed=-3&sort=best", Selection(predicted_label="dog"), "sort 'best' and seed '-3'"),
        ("page=0", Selection(predicted_label="dog"), "page '0'"),
        ("open=frog", Selection(predicted_label="dog"), "open 'frog', which does not exist here: you see open none"),
        ("open=" + "9" * 5000, Selection(predicted_label="dog"), "open '999"),
    ],
)
def test_of_a_link_with_a_wrong_word_the_others_are_followed_and_it_is_told(wrong, seen, told):
    query = dict(parse_qsl(f"tab=misclassified&predicted=dog&{wrong}"))
    words = LinkWords(query)
    assert listed_errors_of(query, words, CIFAR10_CLASSES) == ListedErrors(seen)
    assert told in words.told()
