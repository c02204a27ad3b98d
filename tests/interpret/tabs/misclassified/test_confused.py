import gradio as gr
import numpy as np
import pytest

from interpret.tabs.misclassified.confused import confused_endpoint, confused_on_page


def test_the_endpoint_answers_with_map_channels_sentence_and_numbers(served, errors):
    _, channels, sentence, numbers = confused_endpoint(served, errors)("cat", "dog")
    assert len(channels) == 10 and sentence.startswith("45 pictures are of class cat and taken for dog")
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["margin"], rel=1e-6)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (("airplane", "dog"), "No test picture of the class airplane is taken for dog"),
        (("tiger", "dog"), "Unknown true label"),
        (("cat", "cat"), "No test picture of the class cat is taken for cat"),
        (("any", "dog"), "Name two of the classes"),
    ],
)
def test_what_is_not_confused_is_refused_in_words(served, errors, classes, sentence):
    with pytest.raises(gr.Error, match=sentence):
        confused_endpoint(served, errors)(*classes)


def test_the_page_explains_a_confusion_while_two_classes_are_chosen_that_are_confused(served, errors):
    explain = confused_on_page(served, errors)
    assert explain("cat", "dog")[-1] == gr.update(visible=True)
    for classes in (("any", "dog"), ("cat", "any"), ("airplane", "dog")):
        assert explain(*classes) == ((gr.skip(),) * 4 + (gr.update(visible=False),))
