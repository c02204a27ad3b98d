"""What a map is called, what is said of it, and how far its colours reach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from interpret.attribution.balance import balance
from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.choices import ChoiceError
from interpret.explainer import Explainer, explainer_for
from interpret.explanation import Explanation, Question, Style, explain
from model.network import STAGE_NAMES
from tests.conftest import EXAMPLES
from tests.small_releases import with_strength

CAT, LAST = str(EXAMPLES / "cat.png"), STAGE_NAMES[-1]


@pytest.fixture
def explainer(release) -> Explainer:
    """Of a release that does not say how strong its maps usually are."""
    return explainer_for(with_strength(release, None))


def explained(explainer: Explainer, *names: str, method: str = "grad_cam", image: str = CAT) -> Explanation:
    return explain(explainer, Question(image, "crop", LAST, names or ("predicted",), method))


def test_weak_evidence_for_another_class_is_not_stretched_into_a_bright_map(explainer):
    predicted, truck = explained(explainer), explained(explainer, "truck")
    assert truck.maps.max() < predicted.maps.max()
    assert truck.scale("magma").high == predicted.scale("magma").high == pytest.approx(predicted.maps.max())


def test_the_colours_reach_as_far_as_maps_usually_do_and_further_if_this_one_does(release):
    strongest = float(explained(explainer_for(with_strength(release, None))).maps.max())
    for usual, high in ((2 * strongest, 2 * strongest), (strongest / 2, strongest)):
        assert explained(explainer_for(with_strength(release, usual))).scale("magma").high == pytest.approx(high)
    signed = explained(explainer_for(with_strength(release, 1_000.0)), method="hires_cam").scale("magma")
    assert (signed.low, signed.high) == (-1_000, 1_000)


def test_a_map_of_a_picture_of_nothing_is_dark_in_the_bundled_release(release, tmp_path: Path):
    Image.new("RGB", (32, 32), (128, 128, 128)).save(tmp_path / "grey.png")
    grey = explained(explainer_for(release), image=str(tmp_path / "grey.png"))
    usual = release.metrics.usual_strength("grad_cam", LAST)
    assert grey.scale("magma").high == usual > 2 * grey.maps.max()


def test_a_map_far_weaker_than_usual_is_said_to_be_weak(release):
    strongest = float(explained(explainer_for(with_strength(release, None))).maps.max())
    for usual, said in ((20 * strongest, "reaches 5% of"), (1_000 * strongest, "reaches less than 1% of")):
        assert said in explained(explainer_for(with_strength(release, usual))).sentence()
    for usual in (None, 5 * strongest):
        assert "weak" not in explained(explainer_for(with_strength(release, usual))).sentence()


def test_shares_of_a_negative_score_are_said_to_speak_against_the_class(explainer, network, cat):
    logits = dict(zip(explainer.class_names, network(cat)[0].tolist(), strict=True))
    lowest = min(logits, key=logits.__getitem__)
    assert logits[lowest] < 0
    found = explained(explainer, "predicted", lowest, method="ablation_cam")
    assert found.titles() == [f"Evidence for {max(logits, key=logits.__getitem__)}", f"Evidence against {lowest}"]
    assert f"evidence against {lowest}" in found.sentence()
    other = explained(explainer, "predicted", lowest, method="layer_cam")
    assert f"Evidence for {lowest}" in other.titles() and "against" not in other.sentence()


def test_a_class_that_is_also_the_predicted_one_is_explained_once(explainer):
    found = explained(explainer, "predicted", "cat", "dog")
    assert found.names == ("cat", "dog") and len(found.maps) == len(found.overlays(Style())) == 2


def test_a_map_that_no_class_has_a_say_in_is_described_once(explainer):
    assert explained(explainer, "cat", "dog", method="eigen_cam").sentence().count(".") == 1
    assert explained(explainer, "cat", "dog").sentence().count(".") == 2


@pytest.mark.parametrize("layer", STAGE_NAMES)
def test_the_balance_of_a_map_is_that_of_its_layer(explainer, network, cat, layer):
    sheet = balance(network, cat, 3)
    for method in ("grad_cam", "ablation_cam"):
        found = explain(explainer, Question(CAT, layer=layer, class_names=("cat",), method=method)).balance(0)
        assert (found["cells"], found["constants"]) == pytest.approx(sheet.at(layer), abs=1e-4)
        assert found["score"] == pytest.approx(sheet.score, abs=1e-4)


def test_each_of_two_classes_has_its_balance(explainer):
    assert [each.split(":")[0] for each in explained(explainer, "cat", "dog").balances()] == [
        "Score of cat",
        "Score of dog",
    ]


def test_a_map_that_was_measured_is_the_same_for_every_layer_and_says_how_far_it_may_be_off(explainer):
    asked = Question(CAT, class_names=("cat",), method="shapley")
    last, first = (explain(explainer, replace(asked, layer=layer)) for layer in (LAST, STAGE_NAMES[0]))
    assert last.cam is first.cam or np.array_equal(last.maps, first.maps)
    found = last.balance(0)
    assert found["cells"] == pytest.approx(found["score"] - found["blank"], abs=1e-4)
    assert last.standard_errors.shape == (1, 4, 4) and last.standard_errors.min() > 0
    assert explained(explainer).standard_errors is None


def test_standard_errors_are_drawn_beside_the_map_where_they_are_known(explainer):
    sides = [
        explain(explainer, Question(CAT, method="shapley", sampling=Sampling(orders=orders))).cells().shape
        for orders in (2, 4)
    ]
    assert sides[1][1] > 1.8 * sides[0][1], "a single pair of orders tells no error"


def test_another_way_of_erasing_is_another_question(explainer):
    maps = [
        explain(explainer, Question(CAT, method="shapley", sampling=Sampling(orders=2, seed=seed))).maps
        for seed in (0, 1, 0)
    ]
    assert np.array_equal(maps[0], maps[2]) and not np.array_equal(maps[0], maps[1])


def test_a_layer_that_the_method_does_not_know_is_refused(explainer):
    with pytest.raises(ChoiceError, match="exists at resnet_block3 only"):
        explain(explainer, Question(CAT, layer="prep_layer", method="shared_credit"))


@pytest.mark.parametrize("sampling", [Sampling(16, 3, "8x8", "blur"), Sampling(seed=5)])
def test_how_cells_are_erased_is_nothing_to_a_method_that_erases_none(release, sampling):
    explainer = explainer_for(with_strength(release, 1_000.0))
    for method in ("grad_cam", "ablation_cam"):
        usual, other = (
            explain(explainer, Question(CAT, method=method, sampling=each)) for each in (USUAL_SAMPLING, sampling)
        )
        assert other.scale() == usual.scale() and other.sentence() == usual.sentence()
        assert other.cam.maps is usual.cam.maps or np.array_equal(other.maps, usual.maps)


def test_an_answer_that_took_long_is_kept_whatever_it_does_not_depend_on(explainer, monkeypatch):
    explain(explainer, Question(CAT, method="ablation_cam"))
    explain(explainer, Question(CAT, method="occlusion"))
    monkeypatch.setattr("interpret.explanation.class_activation_steps", None)
    for method in ("ablation_cam", "occlusion"):
        assert explain(explainer, Question(CAT, method=method, sampling=Sampling(orders=2, seed=9))).maps.size


def test_occlusion_samples_nothing(explainer):
    found = explain(explainer, Question(CAT, method="occlusion")).measurement(0, USUAL_SAMPLING)
    assert (found["orders"], found["seed"], found["standard_errors"], found["runs"]) == (None, None, None, 18)
