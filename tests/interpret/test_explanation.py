"""What a map is called, what is said of it, and how far its colours reach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import interpret.tabs.gradcam.evidence
import interpret.tabs.gradcam.sanity_checks
from interpret.attribution.methods import METHOD_NAMES
from interpret.explanation import Explanation, Question, Style, explain
from interpret.tabs.gradcam.evidence import evidence_endpoint
from interpret.tabs.gradcam.export import document
from interpret.tabs.gradcam.sanity_checks import controls_endpoint
from interpret.tabs.gradcam.tab import how_to_read
from interpret.tabs.page.served import ServedRelease, serve
from model.choice import Choice
from model.metrics import MethodStrength, StrengthFigures
from model.network import STAGE_NAMES
from tests.conftest import EXAMPLES

CAT, LAST = str(EXAMPLES / "cat.png"), STAGE_NAMES[-1]
NO_PIXELS = np.zeros((1, 1, 3), np.uint8)


@pytest.fixture
def served(release) -> ServedRelease:
    return with_strength(release, None)


def with_strength(release, value: float | None) -> ServedRelease:
    """A release that says how strong its maps usually are, the same for every method and stage, or nothing of it."""
    said = None
    if value:
        strength = MethodStrength(None, dict.fromkeys(STAGE_NAMES, value))
        said = StrengthFigures(None, dict.fromkeys(METHOD_NAMES, strength))
    metrics = replace(release.metrics, map_strength=said)
    return serve(Choice(replace(release, metrics=metrics), "bundled"))


def explained(served: ServedRelease, *names: str, method: str = "grad_cam", image: str = CAT) -> Explanation:
    return explain(served, Question(image, "crop", LAST, names or ("predicted",), method))


def test_weak_evidence_for_another_class_is_not_stretched_into_a_bright_map(served):
    predicted, truck = explained(served), explained(served, "truck")
    assert truck.maps.max() < predicted.maps.max()
    assert truck.scale("magma").high == predicted.scale("magma").high == pytest.approx(predicted.maps.max())


def test_the_colours_reach_as_far_as_maps_usually_do_and_further_if_this_one_does(release):
    strongest = float(explained(with_strength(release, None)).maps.max())
    for usual, high in ((2 * strongest, 2 * strongest), (strongest / 2, strongest)):
        assert explained(with_strength(release, usual)).scale("magma").high == pytest.approx(high)
    signed = explained(with_strength(release, 1_000.0), method="hires_cam").scale("magma")
    assert (signed.low, signed.high) == (-1_000, 1_000)


def test_a_map_of_a_picture_of_nothing_is_dark_in_the_bundled_release(release, tmp_path: Path):
    Image.new("RGB", (32, 32), (128, 128, 128)).save(tmp_path / "grey.png")
    grey = explained(serve(Choice(release, "bundled")), image=str(tmp_path / "grey.png"))
    usual = release.metrics.usual_strength("grad_cam", LAST)
    assert grey.scale("magma").high == usual > 2 * grey.maps.max()


def test_a_map_far_weaker_than_usual_is_said_to_be_weak(release):
    strongest = float(explained(with_strength(release, None)).maps.max())
    for usual, said in ((20 * strongest, "reaches 5% of"), (1_000 * strongest, "reaches less than 1% of")):
        assert said in explained(with_strength(release, usual)).sentence()
    for usual in (None, 5 * strongest):
        assert "weak" not in explained(with_strength(release, usual)).sentence()


def test_the_ledger_reaches_as_far_as_hirescam_usually_does(release, monkeypatch):
    scales = []

    def draw_ledger(cells, scale, *_, **__):
        scales.append(scale)
        return NO_PIXELS

    monkeypatch.setattr(interpret.tabs.gradcam.evidence, "draw_ledger", draw_ledger)
    for usual in (None, 1_000.0):
        evidence_endpoint(with_strength(release, usual))(CAT)
    assert scales[0].high < 100 and scales[1].high == 1_000


def test_the_control_of_random_weights_keeps_a_scale_of_its_own(release, monkeypatch):
    panels = []

    def draw_panels(drawn, **_):
        panels.extend(drawn)
        return NO_PIXELS

    monkeypatch.setattr(interpret.tabs.gradcam.sanity_checks, "draw_panels", draw_panels)
    controls_endpoint(with_strength(release, 1_000.0))(CAT)
    this, random_weights, random_cam, _ = (panel.scale.high for panel in panels)
    assert this == random_cam == 1_000
    assert random_weights < 100


@pytest.mark.parametrize(("value", "said"), [(2.0, "one picture of twenty"), (None, "strongest of the maps shown")])
def test_the_page_says_what_the_colours_reach_to(release, value, said):
    assert said in how_to_read(with_strength(release, value))


def test_an_export_says_what_the_colours_of_its_overlays_mean(release):
    served = with_strength(release, 1_000.0)
    question = Question(CAT, "crop", LAST, ("predicted",))
    colours = document(served, question, explain(served, question), Style(0.7, palette="viridis"))["colours"]
    assert colours == {"palette": "viridis", "low": 0, "high": 1_000, "opacity": 0.7}


def test_shares_of_a_negative_score_are_said_to_speak_against_the_class(served, network, cat):
    logits = dict(zip(served.class_names, network(cat)[0].tolist(), strict=True))
    lowest = min(logits, key=logits.__getitem__)
    assert logits[lowest] < 0
    found = explained(served, "predicted", lowest, method="ablation_cam")
    assert found.titles() == [f"Evidence for {max(logits, key=logits.__getitem__)}", f"Evidence against {lowest}"]
    assert f"evidence against {lowest}" in found.sentence()
    other = explained(served, "predicted", lowest, method="layer_cam")
    assert f"Evidence for {lowest}" in other.titles() and "against" not in other.sentence()


def test_a_class_that_is_also_the_predicted_one_is_explained_once(served):
    found = explained(served, "predicted", "cat", "dog")
    assert found.names == ("cat", "dog") and len(found.maps) == len(found.overlays(Style())) == 2


def test_a_map_that_no_class_has_a_say_in_is_described_once(served):
    assert explained(served, "cat", "dog", method="eigen_cam").sentence().count(".") == 1
    assert explained(served, "cat", "dog").sentence().count(".") == 2
