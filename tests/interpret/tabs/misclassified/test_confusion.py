from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from interpret.misclassified.confusion import confusion_of
from interpret.tabs.misclassified.confusion import chooser, confusion_endpoint, drawn_matrix
from tests.interpret.tabs.misclassified.conftest import clicked


@pytest.fixture(scope="module")
def confusion(release):
    return confusion_of(release)


def test_the_page_draws_every_cell_with_its_number_and_a_colour_of_the_scale(confusion):
    found = drawn_matrix(confusion, "counts")
    assert [[int(text) for text in row] for row in found["texts"]] == confusion.counts.tolist()
    assert found["colours"][5][3] == found["scale"]["colours"][-1], "the largest confusion"
    assert found["colours"][0][5] == found["scale"]["colours"][0], "a confusion that never happens"
    assert found["names"][3] == "cat"


def test_the_scale_ends_at_the_largest_confusion_in_counts_or_in_shares(confusion):
    assert drawn_matrix(confusion, "counts")["scale"]["high"] == "69 pictures"
    assert drawn_matrix(confusion, "shares")["scale"]["high"] == "6.9% of the true class"


def test_right_answers_that_are_not_known_are_not_stated(confusion):
    texts = drawn_matrix(replace(confusion, class_counts=None), "counts")["texts"]
    assert {texts[at][at] for at in range(10)} == {"–"} and texts[5][3] == "69"


def test_a_click_chooses_the_classes_of_a_cell_and_a_name_all_of_the_other(served):
    choose = chooser(served)
    assert choose(clicked([3, 5])) == ("cat", "dog")
    assert choose(clicked([3, -1])) == ("cat", "any") and choose(clicked([-1, 5])) == ("any", "dog")


def test_the_endpoint_answers_with_picture_table_and_sentence(served, confusion):
    _, table, sentence = confusion_endpoint(served)()
    assert np.array_equal(table.set_index("true class").to_numpy(), confusion.counts)
    assert sentence == confusion.sentence()
    shares = confusion_endpoint(served)("shares")[1].set_index("true class").to_numpy()
    assert shares.sum(axis=1) == pytest.approx(1)
    with pytest.raises(gr.Error, match="Allowed: counts, shares"):
        confusion_endpoint(served)("columns")
