import pytest

from interpret.tabs.gradcam.sanity_checks import sanity_checks_endpoint
from tests.conftest import EXAMPLES


def test_the_endpoint_answers_with_a_picture_a_sentence_and_the_correlations(served):
    picture, sentence, correlations = sanity_checks_endpoint(served)(str(EXAMPLES / "cat.png"))
    assert picture.endswith(".png") and sentence.endswith(".")
    assert set(correlations) == {"random_weights", "random_cam", "edges"}


def test_without_a_picture_it_says_what_to_do(served):
    with pytest.raises(Exception, match="Choose a picture first"):
        sanity_checks_endpoint(served)(None)
