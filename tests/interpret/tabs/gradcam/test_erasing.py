from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.attribution.erasing import FOUR_RANDOM, FOUR_STRONGEST
from interpret.tabs.gradcam.erasing import (
    brush_layer,
    erase_endpoint,
    erased_words,
    how_far_to_trust,
    toggle_cell,
)
from model.metrics import ErasedFigures, ErasingFigures
from tests.conftest import EXAMPLES

FEW = ErasedFigures((0.1, 0.01), {FOUR_STRONGEST: 0.8, FOUR_RANDOM: 0.6}, {FOUR_STRONGEST: -1.0, FOUR_RANDOM: -0.4})
CAT = str(EXAMPLES / "cat.png")


def test_nothing_erased_changes_nothing_and_says_what_to_do(served, cat_pixels):
    left, rows, sentence = erase_endpoint(served)(CAT)
    with Image.open(left) as shown:
        assert np.array_equal(np.asarray(shown), np.kron(cat_pixels, np.ones((8, 8, 1), np.uint8)))
    assert all(predicted == measured == 0 and before == after for _, predicted, measured, before, after in rows)
    assert sentence.startswith("Nothing is erased yet")


def test_the_table_has_each_class_the_highest_score_first_and_its_measured_change(served):
    _, rows, _ = erase_endpoint(served)(CAT, ["B2", "C3"])
    assert {row[0] for row in rows} == set(served.class_names)
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)
    for _, _, measured, before, after in rows:
        assert measured == pytest.approx(after - before, abs=2e-3)


@pytest.mark.parametrize(
    ("cells", "brushed", "words"),
    [
        ((), 0, ""),
        (("B2", "A1"), 0, "A1 and B2"),
        (("B2", "A1"), 3, "A1, B2 and 3 brushed pixels"),
        ((), 1, "1 brushed pixel"),
        (("C3",), 24, "C3 and 24 brushed pixels"),
    ],
)
def test_what_is_erased_is_said_in_words(cells, brushed, words):
    assert erased_words(cells, brushed) == words


def test_how_far_to_trust_the_ledger_is_told_in_the_releases_own_figures():
    figures = ErasedFigures(
        (0.104, 0.01), {FOUR_STRONGEST: 0.796, FOUR_RANDOM: 0.64}, {FOUR_STRONGEST: -1.1, FOUR_RANDOM: -0.44}
    )
    assert how_far_to_trust(ErasingFigures(1_000, {"mean": figures})) == (
        "On 1,000 test pictures, erasing the four cells that speak most for the class lowered its score in 80% "
        "(on average \u22121.10 logits), four random ones in 64% (\u22120.44). For single cells the ledger is a poor "
        "prophet: correlation 0.10."
    )


@pytest.mark.parametrize("fills", [{}, {"blur": FEW}, {"mean": replace(FEW, falls={})}])
def test_figures_that_a_release_lacks_are_said_to_be_unmeasured(fills):
    sentence = "How well the ledger predicts erasing was not measured for this release."
    assert how_far_to_trust(None) == how_far_to_trust(ErasingFigures(5, fills)) == sentence


def click(x: int, y: int) -> gr.SelectData:
    return gr.SelectData(None, {"index": (x, y), "value": None})


def test_a_click_erases_a_cell_and_another_brings_it_back():
    assert toggle_cell(["A1"], click(12 + 72 + 5, 36 + 5)) == ["A1", "B1"]
    assert toggle_cell(["A1", "B1"], click(12 + 72 + 5, 36 + 5)) == ["A1"]
    assert toggle_cell(["A1"], click(3, 3)) == ["A1"]


def test_the_brush_lies_on_the_picture_if_there_is_one(served):
    assert brush_layer(served)(None, "crop") == gr.skip()
    assert str(brush_layer(served)(CAT, "crop")["picture"]).startswith("data:image/png;base64,")
