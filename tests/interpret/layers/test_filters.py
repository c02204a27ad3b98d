import numpy as np
import pytest
import torch
from torch import nn

from interpret.choices import ChoiceError
from interpret.layers.filters import figures_of, frequency_responses
from interpret.layers.kernels import Convolution, convolutions_by_name, find_convolution


def convolution_of(weight: torch.Tensor, gamma: torch.Tensor | None = None, *, pooled: bool = False) -> Convolution:
    """A convolution with these weights, and a batch norm of these scales (variance 1, no epsilon to speak of)."""
    count, inputs = weight.shape[:2]
    module, norm = nn.Conv2d(inputs, count, 3, bias=False), nn.BatchNorm2d(count, eps=1e-30)
    with torch.no_grad():
        module.weight.copy_(weight)
        norm.weight.copy_(torch.ones(count) if gamma is None else gamma)
        norm.bias.copy_(torch.full((count,), 0.25))
        norm.running_mean.copy_(torch.full((count,), 2.0))
    return Convolution("planted", module, norm.eval(), pooled)


@pytest.fixture
def orthogonal() -> torch.Tensor:
    """Eighteen kernels on two inputs, of which each looks at a weight of its own."""
    return torch.eye(18).reshape(18, 2, 3, 3)


def test_orthogonal_kernels_have_no_duplicates_and_none_is_dead(orthogonal):
    found = figures_of(convolution_of(orthogonal))
    assert found.duplicates == () and found.dead == [] and found.negative == []
    assert found.closest.cosine == 0


@pytest.mark.parametrize("factor", [3.0, -0.5])
def test_a_planted_duplicate_is_found_whatever_its_size_and_sign(orthogonal, factor):
    orthogonal[11] = factor * orthogonal[4]
    found = figures_of(convolution_of(orthogonal))
    (pair,) = found.duplicates
    assert (pair.one, pair.other) == (4, 11) and pair.cosine == pytest.approx(np.sign(factor))
    assert found.closest == pair
    assert found.nearest[4] == 11 and found.nearest[11] == 4


@pytest.mark.parametrize(("angle", "found"), [(17.0, 1), (19.0, 0)])
def test_near_duplicates_begin_at_a_cosine_of_95_hundredths(orthogonal, angle, found):
    """cos 17 degrees = 0.956, cos 19 degrees = 0.946."""
    turn = np.deg2rad(angle)
    orthogonal[11] = np.cos(turn) * orthogonal[4] + np.sin(turn) * orthogonal[11]
    figures = figures_of(convolution_of(orthogonal))
    assert len(figures.duplicates) == found
    assert figures.closest.cosine == pytest.approx(np.cos(turn))


def test_the_most_alike_pair_comes_first_and_each_pair_once(orthogonal):
    orthogonal[2] = orthogonal[1] + 0.2 * orthogonal[2]
    orthogonal[9] = -orthogonal[7]
    found = figures_of(convolution_of(orthogonal)).duplicates
    assert [(pair.one, pair.other) for pair in found] == [(7, 9), (1, 2)]
    assert [pair.cosine for pair in found] == pytest.approx([-1, 1 / np.hypot(1, 0.2)])


def test_kernels_without_weights_or_with_hardly_any_or_without_a_scale_are_dead(orthogonal):
    orthogonal[3] = 0
    orthogonal[5] *= 0.9e-3
    orthogonal[6] *= 1.1e-3
    gamma = torch.ones(18)
    gamma[8], gamma[10], gamma[12] = 0, -0.9e-3, -1
    found = figures_of(convolution_of(orthogonal, gamma))
    assert found.dead == [3, 5, 8, 10]
    assert found.negative == [10, 12]


def test_a_layer_of_zeros_is_dead_and_has_no_duplicates():
    found = figures_of(convolution_of(torch.zeros(4, 2, 3, 3)))
    assert found.dead == [0, 1, 2, 3] and found.duplicates == ()


def test_norms_scales_and_biases_are_worked_out_by_hand(orthogonal):
    orthogonal[0, 1, 1, 1] = 2  # norm: the root of 1 + 4
    gamma = torch.ones(18)
    gamma[0] = -3
    found = figures_of(convolution_of(orthogonal, gamma))
    assert found.norms[0] == pytest.approx(5**0.5) and found.norms_of(True)[0] == pytest.approx(3 * 5**0.5)
    assert found.scales[0] == pytest.approx(-3)
    assert found.biases[0] == pytest.approx(0.25 + 2 * 3) and found.biases[1] == pytest.approx(0.25 - 2)


def test_kernels_stand_by_number_or_by_norm_of_what_is_shown_the_largest_first(orthogonal):
    orthogonal[7] *= 5
    orthogonal[2] *= 0.5
    gamma = torch.ones(18)
    gamma[2] = -100
    found = figures_of(convolution_of(orthogonal, gamma))
    assert found.order("number", False).tolist() == list(range(18))
    assert found.order("norm", False).tolist() == [7, *(each for each in range(18) if each not in (2, 7)), 2]
    assert found.order("norm", True)[:2].tolist() == [2, 7]
    with pytest.raises(ChoiceError, match=r"Unknown sort 'beauty'\. Allowed: number, norm"):
        found.order("beauty", False)


def test_the_bundled_release_has_no_near_duplicates_and_no_dead_kernels(network):
    figures = {name: figures_of(each) for name, each in convolutions_by_name(network).items()}
    assert {name for name, found in figures.items() if found.duplicates or found.dead or found.negative} == set()
    weight = network.state_dict()["prep_layer.0.weight"].flatten(1).double()
    assert (figures["prep_layer"].closest.one, figures["prep_layer"].closest.other) == (2, 59)
    cosine = float(weight[2] @ weight[59] / weight[2].norm() / weight[59].norm())
    assert figures["prep_layer"].closest.cosine == pytest.approx(cosine, abs=1e-6)


def test_the_numbers_are_those_of_the_figures_as_json(network):
    found = figures_of(find_convolution(network, "prep_layer"))
    numbers = found.numbers(found.order("norm", False))
    assert numbers["order"] == found.order("norm", False).tolist()
    assert numbers["norms"] == pytest.approx(found.norms.tolist(), abs=1e-6)
    assert numbers["folded_norms"] == pytest.approx((found.norms * abs(found.scales)).tolist(), abs=1e-6)
    assert numbers["closest"] == {"kernels": [2, 59], "cosine": pytest.approx(found.closest.cosine, abs=1e-6)}
    assert numbers["near_duplicates"] == [] and numbers["dead"] == [] and numbers["negative_scales"] == []
    assert {len(numbers[key]) for key in ("scales", "biases", "nearest", "nearest_cosines")} == {64}


def response(kernel: list[list[float]], colours: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    weights = np.array(kernel, np.float32)[None] * np.array(colours, np.float32)[:, None, None]
    (found,) = frequency_responses(weights[None])
    return found


def test_a_constant_filter_responds_most_to_an_even_grey_with_the_sum_of_its_weights():
    found = response([[0.5] * 3] * 3)
    assert found.shape == (17, 17)
    assert found[8, 8] == pytest.approx(4.5) and found.max() == found[8, 8]
    # Across, 1 + 2 cos(2 pi f) is zero at a third of a cycle, and 1 in magnitude at half of one.
    assert found[8, 0] == pytest.approx(1.5) and found[8, 16] == pytest.approx(1.5)


def test_an_edge_responds_most_to_stripes_that_alternate_from_pixel_to_pixel():
    across = response([[0, 0, 0], [-1, 1, 0], [0, 0, 0]])
    frequencies = np.linspace(-0.5, 0.5, 17)
    # |1 - exp(-2 pi i f)| = 2 |sin(pi f)|, whatever the frequency down.
    assert across == pytest.approx(np.broadcast_to(2 * np.abs(np.sin(np.pi * frequencies)), (17, 17)), abs=1e-6)
    down = response([[0, -1, 0], [0, 1, 0], [0, 0, 0]])
    assert down == pytest.approx(across.T, abs=1e-6)


def test_a_filter_that_compares_colours_does_not_respond_to_grey():
    assert response([[0.5] * 3] * 3, (1, -1, 0)).max() == pytest.approx(0, abs=1e-6)
    assert response([[0.5] * 3] * 3, (1, 0, 0))[8, 8] == pytest.approx(1.5)
