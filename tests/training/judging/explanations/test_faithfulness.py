import numpy as np
import pytest
import torch

from interpret.attribution.erasing import pixel_mask
from interpret.choices import ChoiceError
from model.images import to_tensor
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.faithfulness import Curves, curves_of, faithfulness, impute


def score(network, pixels: np.ndarray, maps: dict[str, np.ndarray]) -> dict[str, Curves]:
    class_index = int(network(to_tensor(pixels[None])).argmax())

    def look(images: np.ndarray) -> np.ndarray:
        return np.array([probability(network, each, class_index) for each in images])

    return curves_of(maps, pixels / 255, np.array(network.config.mean), look, seed=0)


def probability(network, image: np.ndarray, class_index: int) -> float:
    logits = network(torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None])
    return float(torch.softmax(logits / network.config.temperature, dim=1)[0, class_index])


def test_imputed_pixels_are_the_weighed_means_of_their_neighbours():
    generator = np.random.default_rng(0)
    picture, cells = generator.random((32, 32, 3)), np.zeros((4, 4), bool)
    cells[1, 2] = cells[1, 3] = True
    filled = impute(picture, cells, np.random.default_rng(1))
    missing = pixel_mask(cells)
    noise = 0.01 * np.random.default_rng(1).standard_normal((missing.sum(), 3))
    smooth = filled.copy()
    smooth[missing] -= noise
    centre = smooth[12, 20]
    direct = sum(smooth[12 + down, 20 + across] for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    diagonal = sum(smooth[12 + down, 20 + across] for down in (-1, 1) for across in (-1, 1))
    np.testing.assert_allclose(centre, direct / 6 + diagonal / 12, atol=1e-9)
    assert np.array_equal(filled[~missing], picture[~missing])


def test_a_linear_picture_is_imputed_as_it_was_but_for_the_noise():
    ramp = np.broadcast_to(np.linspace(0, 1, 32)[:, None, None], (32, 32, 3)).copy()
    cells = np.zeros((4, 4), bool)
    cells[1:3, 1:3] = True
    assert np.abs(impute(ramp, cells, np.random.default_rng(0)) - ramp).max() < 0.06


def test_a_picture_without_any_cell_left_is_its_mean_colour():
    picture = np.random.default_rng(0).random((32, 32, 3))
    filled = impute(picture, np.ones((4, 4), bool), np.random.default_rng(0))
    np.testing.assert_allclose(filled.mean(axis=(0, 1)), picture.mean(axis=(0, 1)), atol=0.01)


def test_curves_run_from_the_whole_picture_to_none_of_it(network, cat_pixels):
    curves = score(network, cat_pixels, {"order": np.arange(16.0)[::-1].reshape(4, 4)})["order"]
    class_index = int(network(to_tensor(cat_pixels[None])).argmax())
    mean = np.broadcast_to(np.array(network.config.mean), (32, 32, 3))
    for count in (0, 1, 7, 16):
        mask = pixel_mask((np.arange(16) < count).reshape(4, 4))[..., None]
        for curve, inside, outside in (
            (curves.deletion, mean, cat_pixels / 255),
            (curves.insertion, cat_pixels / 255, mean),
        ):
            expected = probability(network, np.where(mask, inside, outside), class_index)
            assert curve[count] == pytest.approx(expected, abs=1e-5)


def test_the_reverse_of_a_map_has_the_opposite_road_score(network, cat_pixels):
    order = np.random.default_rng(0).permutation(np.arange(16.0)).reshape(4, 4)
    found = score(network, cat_pixels, {"order": order, "reverse": -order})
    assert found["order"].road == pytest.approx(-found["reverse"].road)


def test_a_map_scores_the_same_alone_as_among_others(network, cat_pixels):
    maps = {str(seed): np.random.default_rng(seed).random((4, 4)) for seed in range(2)}
    together = score(network, cat_pixels, maps)
    alone = score(network, cat_pixels, {"1": maps["1"]})["1"]
    assert np.array_equal(alone.deletion, together["1"].deletion) and alone.road == together["1"].road


def test_on_real_pictures_the_evidence_is_more_faithful_than_chance(network):
    _, test = load_cifar10(SUBSET)
    found = faithfulness(network, test.images[:12], ["hires_cam", "random_cam", "ablation_cam"])
    hires, control = found["hires_cam"], found["random_cam"]
    assert hires.road[0] > control.road[0] and hires.insertion[0] > control.insertion[0]
    assert found["ablation_cam"].road[0] > control.road[0]
    assert 0 < hires.deletion[1] < 0.3
    assert np.mean(hires.deletion_curve) == pytest.approx(hires.deletion[0])
    assert hires.deletion_curve[0] == pytest.approx(hires.insertion_curve[16]), "nothing erased, all inserted"


def test_an_unknown_method_is_refused_before_anything_is_computed(network):
    with pytest.raises(ChoiceError, match="grad_cam"):
        faithfulness(network, np.zeros((1, 32, 32, 3), np.uint8), ["hires_cam", "lime"])
