"""Several methods asked the same question: which, in which order, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from interpret.attribution.measured.masking import Sampling
from interpret.choices import ChoiceError
from interpret.explainer import explainer_for
from interpret.explanation import Question, explain
from interpret.side_by_side import USUAL_METHODS, side_by_side, side_by_side_steps
from model.metrics import FaithfulnessFigures, MethodFaithfulness
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


def with_figures(release, figures: dict[str, tuple[float, float, float]]):
    """An explainer of a release that says these deletions, insertions and ROADs."""
    methods = {name: MethodFaithfulness(*((each, 0.01) for each in three)) for name, three in figures.items()}
    said = FaithfulnessFigures(1_000, "resnet_block3", methods) if figures else None
    return explainer_for(replace(release, metrics=replace(release.metrics, faithfulness=said)))


@pytest.fixture
def measured(release):
    return with_figures(
        release, {"grad_cam": (0.5, 0.7, 0.3), "hires_cam": (0.6, 0.9, 0.2), "occlusion": (0.4, 0.8, 0.4)}
    )


ASKED = ("hires_cam", "layer_cam", "grad_cam", "occlusion")


def names(found) -> list[str]:
    return [each.method.name for each in found.explanations]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("road", ["occlusion", "grad_cam", "hires_cam", "layer_cam"]),
        ("insertion", ["hires_cam", "occlusion", "grad_cam", "layer_cam"]),
        ("deletion", ["occlusion", "grad_cam", "hires_cam", "layer_cam"]),
    ],
)
def test_the_most_faithful_comes_first_and_what_was_not_measured_last(measured, sort, order):
    assert names(side_by_side(measured, Question(CAT), ASKED, sort)) == order


def test_each_map_is_the_one_that_the_method_gives_alone(measured):
    question = Question(CAT, layer="custom_block2", class_names=("dog",))
    for found in side_by_side(measured, question, ASKED).explanations:
        alone = explain(measured, replace(question, method=found.method.name))
        assert np.array_equal(found.maps, alone.maps) and found.names == ("dog",)


def test_quick_methods_are_there_before_slow_ones_begin(measured):
    shown = [(names(found), [each.name for each in found.waiting]) for _, found in
             side_by_side_steps(measured, Question(CAT), ("occlusion", "grad_cam", "ablation_cam"))]  # fmt: skip
    assert shown[0] == ([], ["grad_cam", "occlusion", "ablation_cam"]), "a visitor can stop it from the start"
    assert shown[1] == (["grad_cam"], ["occlusion", "ablation_cam"])
    assert shown[-1] == (["occlusion", "grad_cam"], ["ablation_cam"])


def test_a_row_says_kind_figures_strength_and_unit(measured):
    first, *_, last = side_by_side(measured, Question(CAT), ASKED).rows()
    assert first[:5] == ["Occlusion", "measured by running again", 0.4, 0.8, 0.4] and first[-1] == "logits per cell"
    assert last[:5] == ["LayerCAM", "by gradients", None, None, None]
    alone = explain(measured, Question(CAT, method="layer_cam"))
    assert last[5] == pytest.approx(float(alone.maps.max()), abs=1e-3)


def test_each_picture_is_captioned_with_the_figure_that_sorts_it(measured):
    found = side_by_side(measured, Question(CAT), ASKED, "insertion")
    assert [caption for _, caption in found.pictures()] == [
        "HiResCAM: insertion 0.90", "Occlusion: insertion 0.80", "Grad-CAM: insertion 0.70", "LayerCAM",
    ]  # fmt: skip


def test_methods_that_a_layer_does_not_know_are_left_out_and_named(measured):
    found = side_by_side(measured, Question(CAT, layer="prep_layer"), ("shared_credit", "grad_cam"))
    assert names(found) == ["grad_cam"]
    assert found.sentence() == (
        "1 method, each on its own scale, the most faithful first, by ROAD as measured at the last layer. "
        "Shared credit: at the last layer only."
    )
    assert side_by_side(measured, Question(CAT, layer="prep_layer"), ("shared_credit",)).sentence() == (
        "Shared credit: at the last layer only."
    )


def test_what_is_still_to_come_is_said(measured):
    *_, (_, last) = side_by_side_steps(measured, Question(CAT), ("grad_cam", "occlusion"))
    assert last.sentence().endswith("Still to come: Occlusion.")


def test_twelve_are_shown_unasked_and_no_more_can_be(explainer):
    assert len(USUAL_METHODS) == 12 and "random_cam" not in USUAL_METHODS
    for wrong in ((), (*USUAL_METHODS, "random_cam")):
        with pytest.raises(ChoiceError, match=f"from 1 to 12 methods to show side by side; got {len(wrong)}"):
            side_by_side(explainer, Question(CAT), wrong)


def test_a_method_named_twice_is_shown_once(measured):
    assert names(side_by_side(measured, Question(CAT), ("grad_cam", "grad_cam"))) == ["grad_cam"]


@pytest.mark.parametrize(("methods", "sort"), [(("grad_cam2",), "road"), (("grad_cam",), "speed")])
def test_an_unknown_method_or_figure_is_refused(measured, methods, sort):
    with pytest.raises(ChoiceError, match="Unknown"):
        side_by_side(measured, Question(CAT), methods, sort)


def test_a_release_without_figures_shows_them_in_the_order_asked_quick_ones_first(release):
    found = side_by_side(with_figures(release, {}), Question(CAT), ("occlusion", "layer_cam", "grad_cam"))
    assert names(found) == ["layer_cam", "grad_cam", "occlusion"]


def test_figures_of_erasing_as_usual_are_not_shown_for_erasing_otherwise(measured):
    asked = Question(CAT, sampling=Sampling(orders=2, grid="8x8"))
    found = side_by_side(measured, asked, ("occlusion", "grad_cam"))
    assert names(found) == ["grad_cam", "occlusion"]
    assert [caption for _, caption in found.pictures()] == ["Grad-CAM: ROAD 0.30", "Occlusion"]
