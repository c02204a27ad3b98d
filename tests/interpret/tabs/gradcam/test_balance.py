import pytest
from PIL import Image

from interpret.attribution.balance import PLACES
from interpret.tabs.gradcam.balance import balance_endpoint
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


def test_the_sheet_adds_up_at_every_place(served, network, cat):
    picture, sentence, numbers = balance_endpoint(served)(CAT, "dog")
    assert numbers["score"] == pytest.approx(float(network(cat)[0, 5]), abs=1e-4)
    assert tuple(numbers["layers"]) == PLACES
    for each in numbers["layers"].values():
        assert each["cells"] + each["constants"] == pytest.approx(numbers["score"], abs=1e-4)
    assert sentence.startswith("The score of dog is ")
    with Image.open(picture) as drawn:
        assert drawn.width > 600


def test_two_classes_have_the_balance_of_the_lead(served, network, cat):
    _, sentence, numbers = balance_endpoint(served)(CAT, "cat", "dog")
    logits = network(cat)[0]
    assert numbers["score"] == pytest.approx(float(logits[3] - logits[5]), abs=1e-4)
    assert sentence.startswith("The lead of cat over dog is ")


def test_a_class_against_itself_is_the_class_alone(served):
    assert balance_endpoint(served)(CAT, "dog", "dog")[2] == balance_endpoint(served)(CAT, "dog")[2]
