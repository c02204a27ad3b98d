import copy

import pytest
import torch

from training.fitting.muon import MuonSGD, orthogonalise

# As published: https://kellerjordan.github.io/posts/muon/
STEPS, LINEAR, CUBIC, QUINTIC = 5, 3.4445, -4.7750, 2.0315


def weight_and_gradients(steps: int, shape: tuple[int, ...] = (6, 4, 3, 3)) -> tuple[torch.Tensor, list[torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    gradients = [torch.randn(shape, generator=generator) for _ in range(steps)]
    return torch.nn.Parameter(torch.randn(shape, generator=generator)), gradients


@pytest.mark.parametrize("shape", [(20, 50), (50, 20), (30, 30)])
def test_an_orthogonalised_matrix_keeps_its_singular_vectors_and_evens_its_singular_values(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    expected = values / values.norm()
    for _ in range(STEPS):
        expected = LINEAR * expected + CUBIC * expected**3 + QUINTIC * expected**5
    torch.testing.assert_close(orthogonalise(matrix), left @ expected.diag() @ right, rtol=1e-6, atol=1e-6)
    assert expected[values > values.max() / 20].min() > 0.6 and expected.max() < 1.25


def test_float32_is_precise_enough_for_a_matrix_of_the_largest_layer():
    matrix = torch.randn(512, 512 * 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(orthogonalise(matrix), orthogonalise(matrix.double()).float(), rtol=0, atol=1e-5)


def test_a_gradient_of_zero_moves_nothing():
    assert torch.equal(orthogonalise(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_weights_start_every_step_on_their_sphere():
    weight, (gradient,) = weight_and_gradients(1)
    before = weight.detach().clone()
    weight.grad = gradient
    MuonSGD([{"params": [weight], "muon": True, "lr": 0.0}], lr=1.0).step()
    torch.testing.assert_close(weight.norm(), torch.tensor(6**0.5))
    torch.testing.assert_close(weight / weight.norm(), before / before.norm())


def test_it_follows_nesterovs_momentum_made_orthogonal():
    weight, gradients = weight_and_gradients(3)
    optimizer = MuonSGD([{"params": [weight], "muon": True, "lr": 0.1, "momentum": 0.8}], lr=1.0)
    expected, momentum = weight.detach().clone(), torch.zeros_like(weight)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
        momentum = 0.8 * momentum + gradient
        direction = orthogonalise((gradient + 0.8 * momentum).reshape(6, 36)).reshape(6, 4, 3, 3)
        expected = expected * 6**0.5 / expected.norm() - 0.1 * direction
        torch.testing.assert_close(weight.detach(), expected)


def test_groups_that_are_not_marked_take_plain_steps_of_sgd():
    options = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
    (weight, gradients), (other, _) = weight_and_gradients(3), weight_and_gradients(3)
    ours, plain = MuonSGD([weight], **options), torch.optim.SGD([other], **options)
    for gradient in gradients:
        for parameter, optimizer in ((weight, ours), (other, plain)):
            parameter.grad = gradient.clone()
            optimizer.step()
        assert torch.equal(weight, other)


def test_its_momentum_survives_a_checkpoint():
    (weight, gradients), (resumed, _) = weight_and_gradients(4), weight_and_gradients(4)
    group = {"muon": True, "lr": 0.1, "momentum": 0.8}
    whole = MuonSGD([{"params": [weight], **group}], lr=1.0)
    for number, gradient in enumerate(gradients):
        if number == 2:
            continued = MuonSGD([{"params": [resumed], **group}], lr=1.0)
            continued.load_state_dict(copy.deepcopy(whole.state_dict()))
            resumed.data.copy_(weight)
        weight.grad = gradient.clone()
        whole.step()
        if number >= 2:
            resumed.grad = gradient.clone()
            continued.step()
    assert torch.equal(weight, resumed)
