import numpy as np

from interpret.tabs.gradcam import sanity_checks
from interpret.tabs.gradcam.sanity_checks import sanity_checks_endpoint, sanity_sentence
from interpret.tabs.page.served import serve
from model.choice import Choice
from tests.conftest import EXAMPLES
from tests.strength import with_strength

CAT = str(EXAMPLES / "cat.png")


def test_the_control_of_random_weights_keeps_a_scale_of_its_own(release, monkeypatch):
    panels = []

    def draw_panels(drawn, **_):
        panels.extend(drawn)
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(sanity_checks, "draw_panels", draw_panels)
    sanity_checks_endpoint(serve(Choice(with_strength(release, 1_000.0), "bundled")))(CAT)
    this, random_weights, random_cam, _ = (panel.scale.high for panel in panels)
    assert this == random_cam == 1_000
    assert random_weights < 100


def said(random_weights: float | None, random_cam: float | None, edges: float | None, method: str = "grad_cam") -> str:
    return sanity_sentence({"random_weights": random_weights, "random_cam": random_cam, "edges": edges}, method)


def test_a_sentence_warns_of_a_map_that_a_control_could_have_drawn():
    assert "Careful" in said(0.9, 0.1, None)
    assert "much as a network of random weights would" in said(0.9, 0.1, 0.2)
    assert "closest is an edge map" in said(0.1, -0.3, 0.42) and "0.42" in said(0.1, -0.3, 0.42)
    assert "nothing to compare" in said(None, None, None)


def test_a_map_that_turns_a_control_upside_down_is_no_better():
    assert "in nearly the opposite order of an edge map would" in said(0.1, 0.4, -0.72)
    assert "much as RandomCAM would, and in nearly the opposite order of an edge map would" in said(0.1, 0.8, -0.72)
    assert "closest is an edge map, with a rank correlation of \u22120.60" in said(0.1, 0.4, -0.6)


def test_a_control_is_not_held_against_itself():
    assert said(0.1, 1.0, 0.1, "random_cam").startswith("RandomCAM is itself a control")
