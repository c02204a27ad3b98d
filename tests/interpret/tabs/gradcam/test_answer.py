from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.tabs.gradcam.answer import (
    gradcam_endpoint,
    gradcam_on_page,
    predict_endpoint,
    stop_on_page,
    suit_layer,
    suit_method,
    tell_stopped,
)
from interpret.tabs.page.stopping import Stops
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")
USUAL = (8, 0, "4x4", "mean")
AS_ON_A_FRESH_PAGE = (0.5, 3, "resnet_block3", "predicted", "none", "crop", False)


def test_a_call_with_a_picture_alone_explains_the_predicted_class(served, network, cat):
    label, overlay, _, sentence, against = gradcam_endpoint(served)(CAT)
    probabilities = (network(cat)[0] / network.config.temperature).softmax(0)
    best = network.config.class_names[int(probabilities.argmax())]
    assert len(label) == 3 and next(iter(label)) == best
    assert label[best] == pytest.approx(float(probabilities.max()), abs=1e-5)
    assert f"for {best}" in sentence and against is None
    with Image.open(overlay) as shown:
        assert shown.size == (320, 320)


def test_at_opacity_zero_the_overlay_is_the_picture_itself(served, cat_pixels):
    with Image.open(gradcam_endpoint(served)(CAT, 0)[1]) as shown:
        assert np.array_equal(np.asarray(shown), np.kron(cat_pixels, np.ones((10, 10, 1), np.uint8)))


def test_on_the_page_a_quick_method_answers_at_once_with_titles_and_no_bar(served):
    (answer,) = gradcam_on_page(served)(Stops(), CAT, *AS_ON_A_FRESH_PAGE, "grad_cam", "magma", *USUAL)
    assert len(answer) == 9
    assert answer[1]["label"].startswith("Evidence for ")
    assert answer[4] == gr.update(value=None, visible=False)
    assert answer[5].startswith("Score of ") and "from the cells of layer 6" in answer[5]
    assert answer[0].count("confidence") == 3 and answer[6].count("confidence") == 10
    assert answer[7:] == (gr.update(visible=False), gr.update(visible=False))


def test_on_the_page_a_slow_method_says_how_far_it_is_before_it_answers(served):
    *steps, _ = gradcam_on_page(served)(Stops(), CAT, *AS_ON_A_FRESH_PAGE, "ablation_cam", "magma", *USUAL)
    assert steps
    for each in steps:
        assert each[:7] == (gr.skip(),) * 7
        assert "Ablation-CAM <progress value=" in each[7]["value"] and each[8] == gr.update(visible=True)


def test_on_the_page_a_layer_that_the_method_does_not_know_is_passed_over_until_one_of_both_is_mended(served):
    asked = list(AS_ON_A_FRESH_PAGE)
    asked[2] = "prep_layer"
    passed_over = gradcam_on_page(served)(Stops(), CAT, *asked, "shared_credit", "magma", *USUAL)
    assert list(passed_over) == [(gr.skip(),) * 9]
    with pytest.raises(gr.Error, match="Shared credit exists at resnet_block3 only"):
        gradcam_endpoint(served)(CAT, layer="prep_layer", method="shared_credit")


def test_a_method_brings_the_page_to_its_layer_and_a_layer_to_a_method_that_it_knows(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Info", lambda text, **_: said.append(text))
    as_it_is = (gr.skip(), "")
    assert suit_layer("grad_cam", "prep_layer", "") == suit_method("resnet_block3", "shared_credit", "") == as_it_is
    assert said == []
    assert suit_layer("shared_credit", "prep_layer", "") == ("resnet_block3", "")
    assert suit_method("prep_layer", "shared_credit", "") == ("grad_cam", "shared_credit")
    assert said == [
        "Shared credit exists at the last layer only, so this is the last layer.",
        "Shared credit exists at the last layer only: here is Grad-CAM until you are back there.",
    ]


def test_a_method_that_was_set_aside_comes_back_with_its_layer_unless_another_was_chosen():
    assert suit_method("custom_block1", "grad_cam", "shared_credit") == (gr.skip(), "shared_credit")
    assert suit_method("resnet_block3", "grad_cam", "shared_credit") == ("shared_credit", "")
    assert suit_layer("grad_cam", "custom_block1", "shared_credit") == (gr.skip(), "shared_credit")
    assert suit_layer("layer_cam", "custom_block1", "shared_credit") == (gr.skip(), "")


def test_what_is_measured_depends_on_orders_seed_cells_and_fill(served):
    maps = [
        Path(gradcam_endpoint(served)(CAT, method="shapley", **asked)[1]).read_bytes()
        for asked in (
            {},
            {"orders": 2},
            {"orders": 2, "seed": 1},
            {"orders": 2, "grid": "8x8"},
            {"orders": 2, "fill": "blur"},
        )
    ]
    assert len(set(maps)) == 5


def test_stop_is_counted_and_answers_with_the_quick_method(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Info", lambda text, **_: said.append(text))
    stops = Stops(2)
    assert stop_on_page(stops) == (gr.update(visible=False), gr.update(visible=False), "grad_cam")
    tell_stopped()
    assert stops.count == 3 and said == ["Stopped: here is Grad-CAM instead."]


def test_predict_gives_all_classes_which_sum_to_one(served):
    found = predict_endpoint(served)(CAT)
    assert set(found) == set(served.class_names) and sum(found.values()) == pytest.approx(1, abs=1e-5)


def test_without_a_picture_one_is_asked_for(served):
    for handler in (gradcam_endpoint(served), predict_endpoint(served)):
        with pytest.raises(gr.Error, match="Choose a picture first"):
            handler(None)
