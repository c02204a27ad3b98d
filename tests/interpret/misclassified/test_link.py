from urllib.parse import parse_qsl

import pytest

from interpret.choices import ChoiceError
from interpret.misclassified.link import ListedErrors, listed_errors_of
from interpret.misclassified.selection import Selection
from model.network import CIFAR10_CLASSES

CHOSEN = Selection("cat", "dog", "random", "rejected", 0.25, 0.75, 7)


def followed(query: str) -> ListedErrors | None:
    return listed_errors_of(dict(parse_qsl(query.removeprefix("?"))), CIFAR10_CLASSES)


@pytest.mark.parametrize("listed", [ListedErrors(Selection()), ListedErrors(CHOSEN, 3, 2405)])
def test_a_link_brings_back_what_it_was_made_of(listed):
    assert followed(listed.query("1a2b3c4")) == listed


def test_a_link_says_only_what_is_not_as_usual():
    assert ListedErrors(Selection(true_label="cat")).query("1a2b3c4") == "?tab=misclassified&true=cat&release=1a2b3c4"


def test_a_link_to_something_else_asks_for_no_list():
    assert followed("?example=cat.png&class=cat&release=1a2b3c4") is None and followed("") is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?tab=misclassified&true=tiger", "Unknown true label 'tiger'"),
        ("?tab=misclassified&least=much", "This link's least is no number: 'much'"),
        ("?tab=misclassified&page=0", "page must be a whole number from 1"),
        ("?tab=misclassified&open=frog", "This link's open is no number: 'frog'"),
        ("?tab=misclassified&least=nan", "min_confidence must be a number from 0 to 1"),
    ],
)
def test_a_link_that_cannot_be_followed_says_why(query, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        followed(query)
