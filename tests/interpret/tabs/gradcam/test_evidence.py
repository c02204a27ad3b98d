from interpret.tabs.gradcam.evidence import evidence_endpoint
from tests.conftest import EXAMPLES


def test_the_numbers_name_the_release_that_answers(served):
    *pictures, sentence, numbers = evidence_endpoint(served)(str(EXAMPLES / "cat.png"), "cat", "dog")
    assert all(each.endswith(".png") for each in pictures) and "lead over dog" in sentence
    assert numbers["release"] == served.release.identifier
    assert list(numbers) == ["class", "against", "cells", "sum", "logits", "credit", "release"]
