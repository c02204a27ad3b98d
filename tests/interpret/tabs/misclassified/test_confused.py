import gradio as gr
import numpy as np
import pytest

from interpret.misclassified.margins import confused_classes
from interpret.tabs.misclassified.confused import confused_endpoint, confused_on_page, explanations_of


@pytest.fixture(scope="module")
def explained(served, errors):
    return explanations_of(served, errors)


def test_a_confusion_is_computed_once(served, errors, monkeypatch):
    asked = []

    def counted(*given):
        asked.append(given[2:])
        return confused_classes(*given)

    monkeypatch.setattr("interpret.tabs.misclassified.confused.confused_classes", counted)
    explained = explanations_of(served, errors)
    for classes in (("cat", "dog"), ("dog", "cat"), ("cat", "dog")):
        explained(*classes)
    assert asked == [("cat", "dog"), ("dog", "cat")]


def test_the_endpoint_answers_with_map_channels_sentence_and_numbers(served, explained):
    _, channels, sentence, numbers = confused_endpoint(served, explained)("cat", "dog")
    assert len(channels) == 10 and sentence.startswith("45 pictures are of class cat and taken for dog")
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["margin"], rel=1e-6)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (("tiger", "dog"), "Unknown true label"),
        (("any", "dog"), "Name two of the classes"),
    ],
)
def test_what_is_not_confused_is_refused_in_words(served, explained, classes, sentence):
    with pytest.raises(gr.Error, match=sentence):
        confused_endpoint(served, explained)(*classes)


@pytest.mark.parametrize("classes", [("airplane", "dog"), ("cat", "cat")])
def test_classes_that_are_never_confused_are_said_to_be_so(served, explained, classes):
    picture, table, sentence, numbers = confused_endpoint(served, explained)(*classes)
    assert (picture, len(table), numbers["count"]) == (None, 0, 0)
    assert sentence == f"No test picture of the class {classes[0]} is taken for {classes[1]}."


def test_the_page_explains_a_confusion_while_two_classes_are_chosen_that_are_confused(served, explained):
    explain = confused_on_page(served, explained)
    assert explain("cat", "dog")[-1] == gr.update(visible=True)
    for classes in (("any", "dog"), ("cat", "any"), ("airplane", "dog")):
        assert explain(*classes) == ((gr.skip(),) * 4 + (gr.update(visible=False),))
