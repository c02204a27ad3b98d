from dataclasses import asdict

import numpy as np
import pytest

from interpret.attribution.measured.masking import Sampling
from interpret.explanation import Question, Style, explain
from interpret.tabs.gradcam.export import document
from interpret.tabs.page.served import serve
from model.choice import Choice
from tests.conftest import EXAMPLES
from tests.small_releases import with_strength


def test_an_export_says_what_the_colours_of_its_overlays_mean(release):
    served = serve(Choice(with_strength(release, 1_000.0), "bundled"))
    question = Question(str(EXAMPLES / "cat.png"))
    colours = document(served, question, explain(served.explainer, question), Style(0.7, palette="viridis"))["colours"]
    assert colours == {"palette": "viridis", "low": 0, "high": 1_000, "opacity": 0.7}


def exported(served, **asked):
    question = Question(str(EXAMPLES / "cat.png"), class_names=("cat",), **asked)
    return document(served, question, explain(served.explainer, question), Style())


def test_an_export_says_what_the_score_is_made_of(served):
    found = exported(served, layer="custom_block3")["balance"]
    assert found["cells"] + found["constants"] == pytest.approx(found["score"])
    assert exported(served)["measured"] is None


def test_an_export_of_what_was_measured_says_how_and_how_far_it_may_be_off(served):
    sampling = Sampling(4, 7, "8x8", "blur")
    found = exported(served, method="shapley", sampling=sampling)
    assert {name: found["measured"][name] for name in asdict(sampling)} == asdict(sampling)
    assert np.shape(found["measured"]["standard_errors"]) == np.shape(found["map"]) == (8, 8)
    assert found["measured"]["runs"] <= 4 * 63 + 2
    assert np.sum(found["map"]) == pytest.approx(found["balance"]["score"] - found["balance"]["blank"], abs=1e-3)


def test_a_single_pair_of_orders_leaves_the_errors_out_of_the_export(served):
    assert exported(served, method="shapley", sampling=Sampling(orders=2))["measured"]["standard_errors"] is None


def test_a_second_class_is_exported_with_its_own_balance_and_errors(served):
    question = Question(str(EXAMPLES / "cat.png"), class_names=("cat", "dog"), method="shapley", sampling=Sampling(4))
    found = document(served, question, explain(served.explainer, question), Style())
    other = found["against"]
    assert found["layer"] is None, "the map is of the picture's own cells"
    assert np.sum(other["map"]) == pytest.approx(other["balance"]["score"] - other["balance"]["blank"], abs=1e-3)
    assert other["measured"]["standard_errors"] != found["measured"]["standard_errors"]
