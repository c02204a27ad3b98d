"""Sixteen cells that add up to the score, or to the lead over another class."""

import pytest

from interpret.choices import ChoiceError
from interpret.explainer import explainer_for
from interpret.explanation import Question, explain
from interpret.ledger import ledger_of
from tests.conftest import EXAMPLES
from tests.small_releases import with_strength

CAT = str(EXAMPLES / "cat.png")


def test_its_cells_add_up_to_the_score_of_the_class(explainer, network, cat):
    ledger = ledger_of(explainer, CAT, class_names=("dog",))
    assert float(ledger.cells.sum()) == pytest.approx(float(network(cat)[0, 5]), rel=1e-4)
    assert (ledger.class_name, ledger.against) == ("dog", None)


def test_without_a_class_it_is_that_of_the_predicted_one(explainer, network, cat):
    assert ledger_of(explainer, CAT).class_index == int(network(cat).argmax())


def test_for_two_classes_its_cells_add_up_to_the_lead_of_the_first(explainer, network, cat):
    ledger = ledger_of(explainer, CAT, class_names=("cat", "dog"))
    logits = network(cat)[0]
    assert float(ledger.cells.sum()) == pytest.approx(float(logits[3] - logits[5]), rel=1e-4)
    assert ledger.sentence().startswith("Cat's lead over dog is")


def test_a_class_is_not_held_against_itself(explainer):
    assert ledger_of(explainer, CAT, class_names=("dog", "dog")).against is None


def test_an_unknown_class_is_refused(explainer):
    with pytest.raises(ChoiceError, match="airplane"):
        ledger_of(explainer, CAT, class_names=("tiger",))


def test_its_numbers_are_those_of_the_cells_and_the_logits(explainer, network, cat):
    ledger = ledger_of(explainer, CAT, class_names=("cat", "dog"))
    numbers = ledger.numbers()
    assert sum(map(sum, numbers["cells"])) == pytest.approx(numbers["sum"], rel=1e-5)
    assert list(numbers["logits"].values()) == pytest.approx(network(cat)[0].tolist(), rel=1e-5)
    assert (numbers["class"], numbers["against"]) == ("cat", "dog")


def test_its_credit_is_shared_unless_all_goes_to_the_strongest_cell(explainer):
    shared, strongest = (
        ledger_of(explainer, CAT, class_names=("cat",), credit=each) for each in ("shared", "strongest")
    )
    for ledger, method in ((shared, "shared_credit"), (strongest, "hires_cam")):
        drawn = explain(explainer, Question(CAT, class_names=("cat",), method=method)).maps[0]
        assert ledger.cells.numpy() == pytest.approx(drawn, abs=1e-4)
    assert ledger_of(explainer, CAT, class_names=("cat",)).numbers()["credit"] == shared.numbers()["credit"] == "shared"
    assert float(shared.cells.sum()) == pytest.approx(float(strongest.cells.sum()), rel=1e-4)


def test_its_scale_reaches_as_far_as_such_maps_usually_do_and_further_if_a_cell_does(release):
    scales = [ledger_of(explainer_for(with_strength(release, usual)), CAT).scale for usual in (None, 1_000.0)]
    assert 0 < scales[0].high < 100 and scales[1].high == 1_000
    assert all(scale.low == -scale.high for scale in scales)
    strongest = ledger_of(explainer_for(with_strength(release, None)), CAT)
    assert strongest.scale.high == pytest.approx(float(strongest.evidence.cells.abs().max()))
