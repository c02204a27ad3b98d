from functools import partial

import torch

from interpret.attribution.cam import capture, class_activation_steps
from interpret.attribution.perturbation import ablation_weights, score_weights
from interpret.prediction import logits_of_many


def drained(steps):
    """The shares of the work that a generator reported, and what it returned."""
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return shares, end.value


def test_ablation_at_the_last_layer_is_known_in_closed_form(network, cat):
    """There a channel's share of a logit is its maximum times its weight, and nothing else changes without it."""
    captured = capture(network, cat, "resnet_block3")
    _, weights = drained(ablation_weights(network, "resnet_block3", captured.activations, captured.logits))
    expected = network.fc.weight * captured.activations.amax(dim=(1, 2)) / captured.logits[:, None]
    torch.testing.assert_close(weights, expected, rtol=1e-3, atol=1e-5)


def test_score_weights_are_a_distribution_over_the_channels_for_every_class(network, cat):
    captured = capture(network, cat, "custom_block3")
    _, weights = drained(score_weights(partial(logits_of_many, network), cat, captured.activations))
    assert weights.shape == (10, 512) and (weights >= 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(10))


def test_equal_masks_get_equal_weights(network, cat):
    activations = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(0))[[0, 1, 0, 2, 1]]
    _, weights = drained(score_weights(partial(logits_of_many, network), cat, activations))
    assert torch.equal(weights[:, 0], weights[:, 2]) and torch.equal(weights[:, 1], weights[:, 4])


def test_they_report_how_much_is_done_and_can_be_left_in_between(network, cat):
    for method in ("score_cam", "ablation_cam"):
        steps = class_activation_steps(network, cat, "resnet_block3", (None,), method)
        assert next(steps) == 0, "the bar is there before anything runs"
        assert 0 < next(steps) < 0.5
        steps.close()
        shares, cam = drained(class_activation_steps(network, cat, "resnet_block3", (None,), method))
        assert shares == sorted(shares) and shares[-1] == 1 and cam.maps.shape == (1, 4, 4)
