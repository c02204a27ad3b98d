import gradio as gr
import pytest

from interpret.attribution.methods import METHODS
from interpret.tabs.gradcam.sanity_checks import faithfulness_curves, sanity_checks_endpoint
from tests.conftest import EXAMPLES


def test_the_endpoint_answers_with_a_picture_a_sentence_and_the_correlations(served):
    picture, sentence, correlations = sanity_checks_endpoint(served)(str(EXAMPLES / "cat.png"))
    assert picture.endswith(".png") and sentence.endswith(".")
    assert set(correlations) == {"random_weights", "random_cam", "edges"}


def test_the_curves_of_every_method_are_drawn_and_three_named(served, blocks):
    faithfulness_curves(served.release.metrics.faithfulness)
    plots = [each for each in blocks.blocks.values() if isinstance(each, gr.LinePlot)]
    assert [each.elem_id for each in plots] == ["deletion-curves", "insertion-curves"]
    for plot in plots:
        assert {row[0] for row in plot.value["data"]} == {method.title for method in METHODS}
        assert plot.colors_in_legend == ["Measured Shapley", "Shared credit", "RandomCAM"]


def test_without_a_picture_it_says_what_to_do(served):
    with pytest.raises(Exception, match="Choose a picture first"):
        sanity_checks_endpoint(served)(None)
