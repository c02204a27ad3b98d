from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from interpret.out_of_distribution import SCORES, Detector, Rate
from training.cifar10 import Split, load_cifar10
from training.evaluation import logits_of
from training.out_of_distribution import OtherPicturesError, auroc, calibrate, detections, made_outliers, pictures_in

from ..conftest import EXAMPLES, SUBSET


@pytest.fixture(scope="module")
def split() -> Split:
    return load_cifar10(SUBSET)[1]


def test_made_outliers_keep_what_they_are_made_of_but_not_what_it_shows(split):
    made = made_outliers(split, np.random.default_rng(0))
    assert set(made) == {"jigsaw", "blend", "noise"}
    images = split.images
    assert np.array_equal(np.sort(made["jigsaw"].reshape(len(images), -1)), np.sort(images.reshape(len(images), -1)))
    assert not np.array_equal(made["jigsaw"], images)
    means = [each.astype(float).mean(axis=(1, 2)) for each in (made["noise"], images)]
    assert np.abs(means[0] - means[1]).mean() < 10, "the brightness of each channel stays"
    assert 0 < len(made["blend"]) <= len(images), "pictures of the same class are not blended"


def test_a_blend_is_the_mean_of_two_pictures():
    black, white = np.zeros((1, 32, 32, 3), np.uint8), np.full((1, 32, 32, 3), 200, np.uint8)
    split = Split(np.concatenate([black, white]), np.array([0, 1], np.uint8))
    for seed in range(8):
        blends = made_outliers(split, np.random.default_rng(seed)).get("blend", np.zeros(0))
        assert not len(blends) or (blends == 100).all()


def test_an_auroc_worked_out_by_hand():
    """Of the six pairs, (3, 2), (3, 1), (2, 1) are in order, (2, 2) is a tie, (1, 2) is not and (1, 1) is a tie."""
    assert auroc(np.array([3.0, 2.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx((3 + 0.5 + 0.5) / 6)


def test_the_threshold_leaves_a_twentieth_of_the_validation_pictures_below(network, split):
    logits = logits_of(network, split)
    found = calibrate(network, split, logits, logits, network.config.temperature)
    assert found["score"] in SCORES and found["false_alarms"] == {"rate": pytest.approx(0.05), "count": len(split)}
    means = {name: sum(each.values()) for name, each in found["auroc_on_made_outliers"].items()}
    assert means[found["score"]] == max(means.values())


def test_detections_are_counted_by_folder_and_other_files_passed_over(network, tmp_path: Path):
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (50, 40), (90, 90, 90)).save(tmp_path / "sub" / "grey.png")
    Image.open(EXAMPLES / "ship.png").save(tmp_path / "ship.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(pictures_in(tmp_path)) == 2
    everything = Detector("max_probability", 1.1, Rate(0.05, 1), {})
    assert detections(network, everything, {"all": tmp_path}) == {"all": Rate(1.0, 2)}


def test_a_folder_without_pictures_is_refused(tmp_path: Path):
    with pytest.raises(OtherPicturesError, match="no picture in"):
        pictures_in(tmp_path)
