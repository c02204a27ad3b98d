"""A map beside three that cannot know what the network learnt."""

import pytest

from interpret.attribution.measured.masking import Sampling
from interpret.comparison import compare_with_controls, describe_correlations
from interpret.explainer import explainer_for
from interpret.explanation import Question, explain
from tests.conftest import EXAMPLES
from tests.small_releases import with_strength

CAT = str(EXAMPLES / "cat.png")


def test_each_control_is_asked_about_the_class_that_was_explained(explainer):
    found = compare_with_controls(explainer, Question(CAT))
    assert {each.names for each in found.controls.values()} == {explain(explainer, Question(CAT)).names}
    assert set(found.correlations) == {"random_weights", "random_cam", "edges"}
    assert all(value is None or -1 <= value <= 1 for value in found.correlations.values())


def test_a_map_agrees_wholly_with_itself(explainer):
    found = compare_with_controls(explainer, Question(CAT, method="random_cam"))
    assert found.correlations["random_cam"] == pytest.approx(1)


def test_the_titles_say_how_far_the_controls_agree(explainer):
    found = compare_with_controls(explainer, Question(CAT))
    this, *controls = (panel.title for panel in found.panels())
    assert this.startswith("Evidence for ")
    for title, value in zip(controls, found.correlations.values(), strict=True):
        assert title.endswith("no order" if value is None else f"{value:+.2f}".replace("-", "\u2212"))


def test_the_control_of_random_weights_keeps_a_scale_of_its_own(release):
    found = compare_with_controls(explainer_for(with_strength(release, 1_000.0)), Question(CAT))
    this, random_weights, random_cam, _ = (panel.scale.high for panel in found.panels() if panel.scale)
    assert this == random_cam == 1_000
    assert random_weights < 100


def said(random_weights: float | None, random_cam: float | None, edges: float | None, method: str = "grad_cam") -> str:
    return describe_correlations({"random_weights": random_weights, "random_cam": random_cam, "edges": edges}, method)


def test_a_sentence_warns_of_a_map_that_a_control_could_have_drawn():
    assert "Careful" in said(0.9, 0.1, None)
    assert "much as a network of random weights would" in said(0.9, 0.1, 0.2)
    assert "most related is an edge map" in said(0.1, -0.3, 0.42) and "0.42" in said(0.1, -0.3, 0.42)
    assert "nothing to compare" in said(None, None, None)


def test_a_map_that_turns_a_control_upside_down_is_no_better():
    assert "in nearly the opposite order of an edge map would" in said(0.1, 0.4, -0.72)
    assert "much as RandomCAM would, and in nearly the opposite order of an edge map would" in said(0.1, 0.8, -0.72)
    assert "most related is an edge map, with a rank correlation of \u22120.60" in said(0.1, 0.4, -0.6)


def test_a_control_is_not_held_against_itself():
    assert said(0.1, 1.0, 0.1, "random_cam").startswith("RandomCAM is itself a control")


@pytest.mark.parametrize(("side", "layer"), [(4, "prep_layer"), (8, "resnet_block3")])
def test_a_map_of_the_pictures_own_cells_is_compared_with_maps_of_as_many(explainer, side, layer):
    found = compare_with_controls(
        explainer, Question(CAT, layer=layer, method="occlusion", sampling=Sampling(grid=f"{side}x{side}"))
    )
    assert found.explanation.maps[0].shape == found.controls["random_cam"].maps[0].shape == found.edges.shape
    assert found.edges.shape == (side, side) and all(found.correlations.values())
