from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from interpret.out_of_distribution import SCORES, Detector
from model.images import prepare, to_tensor
from model.metrics import Rate
from tests.conftest import EXAMPLES, SUBSET
from training.data.cifar10 import Split, load_cifar10
from training.judging.evaluation import logits_of
from training.judging.warning import OtherImagesError, auroc, calibrate, detections, images_in, made_outliers


@pytest.fixture(scope="module")
def split() -> Split:
    return load_cifar10(SUBSET)[1]


def squares(picture: np.ndarray) -> list[bytes]:
    """Its sixteen squares of 8x8 pixels, sorted."""
    return sorted(picture[8 * row :, 8 * column :][:8, :8].tobytes() for row in range(4) for column in range(4))


def test_a_jigsaw_is_a_pictures_own_squares_in_another_order(split):
    jigsaws = made_outliers(split, np.random.default_rng(0))["jigsaw"]
    for jigsaw, picture in zip(jigsaws[:10], split.images, strict=False):
        assert squares(jigsaw) == squares(picture) and not np.array_equal(jigsaw, picture)


def test_noise_keeps_a_pictures_colours_and_spectrum_but_nothing_that_it_shows(split):
    noise = made_outliers(split, np.random.default_rng(0))["noise"].astype(float)
    images = split.images.astype(float)
    means, colours = noise.mean(axis=(1, 2)), images.mean(axis=(1, 2))
    assert np.abs(means - colours).mean() < 10
    same = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(noise - means[:, None, None],
            images - colours[:, None, None], strict=True)]  # fmt: skip
    assert abs(np.mean(same)) < 0.2
    neighbours = [np.abs(np.diff(each, axis=2)).mean() for each in (noise, images)]
    assert neighbours[0] == pytest.approx(neighbours[1], rel=0.3), "as smooth as the pictures"


def test_a_blend_is_the_mean_of_two_pictures_of_different_classes():
    images = np.array([0, 200, 100], np.uint8)[:, None, None, None] * np.ones((3, 32, 32, 3), np.uint8)
    split = Split(images, np.array([0, 1, 1], np.uint8))
    values: set[int] = set()
    for seed in range(20):
        values |= set(np.unique(made_outliers(split, np.random.default_rng(seed)).get("blend", [])))
    assert values == {50, 100}, "100 with 0, 200 with 0; never 200 with 100, nor a picture with itself"


def test_an_auroc_worked_out_by_hand():
    """Of the six pairs, (3, 2), (3, 1), (2, 1) are in order, (2, 2) is a tie, (1, 2) is not and (1, 1) is a tie."""
    assert auroc(np.array([3.0, 2.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx((3 + 0.5 + 0.5) / 6)


def test_the_threshold_leaves_a_twentieth_of_the_validation_pictures_below(network, split):
    logits = logits_of(network, split)
    found = calibrate(network, split, logits, logits[:20] - 1_000, network.config.temperature)
    detector = Detector(found.score, found.threshold, found.false_alarms, {})
    assert np.mean(detector.warns(torch.from_numpy(logits), network.config.temperature)) == pytest.approx(0.05)
    assert found.score in SCORES and found.false_alarms.count == 20
    means = {name: sum(each.values()) for name, each in found.auroc_on_made_outliers.items()}
    assert means[found.score] == max(means.values())


def test_detections_are_counted_by_folder_and_other_files_passed_over(network, tmp_path: Path):
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (50, 40), (90, 90, 90)).save(tmp_path / "sub" / "grey.png")
    Image.open(EXAMPLES / "ship.png").save(tmp_path / "ship.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(images_in(tmp_path)) == 2
    logits = network(torch.cat([to_tensor(prepare(path)[None]) for path in sorted(tmp_path.rglob("*.png"))]))
    between = Detector("max_logit", float(logits.amax(dim=1).mean()), Rate(0.05, 1), {})
    assert detections(network, between, {"both": tmp_path}) == {"both": Rate(0.5, 2)}


def test_a_folder_without_pictures_is_refused(tmp_path: Path):
    with pytest.raises(OtherImagesError, match="no picture in"):
        images_in(tmp_path)
