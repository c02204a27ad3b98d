"""What a map is called, what is said of it, and how far its colours reach."""

from pathlib import Path

import pytest
from PIL import Image

from interpret.explainer import Explainer, explainer_for
from interpret.explanation import Explanation, Question, Style, explain
from model.network import STAGE_NAMES
from tests.conftest import EXAMPLES
from tests.strength import with_strength

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
