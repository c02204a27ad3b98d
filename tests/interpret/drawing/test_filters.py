from dataclasses import replace

import numpy as np
import pytest

from interpret.drawing.filters import describe_dead, describe_duplicates, describe_findings, describe_kernel
from interpret.layers.filters import Figures, Pair, figures_of
from interpret.layers.kernels import Convolution, find_convolution


@pytest.fixture
def convolution(network) -> Convolution:
    return find_convolution(network, "prep_layer")


@pytest.fixture
def figures(convolution) -> Figures:
    return figures_of(convolution)


def test_no_near_duplicates_are_said_with_the_closest_two(figures):
    assert describe_duplicates(figures) == (
        "No two are near-duplicates (cosine similarity of ±0.95 or beyond): the closest, 2 and 59, have \u22120.84."
    )


def test_near_duplicates_are_counted(figures):
    cosines = figures.cosines.copy()
    cosines[4] = cosines[11] = -0.97
    nearest = figures.nearest.copy()
    nearest[[4, 11]] = 11, 4
    one = replace(figures, cosines=cosines, nearest=nearest, duplicates=(Pair(4, 11, -0.97),))
    two = replace(one, duplicates=(*one.duplicates, Pair(5, 6, 0.96)))
    beyond = "(cosine similarity of ±0.95 or beyond)"
    assert describe_duplicates(one) == f"One pair is a near-duplicate {beyond}: 4 and 11 have \u22120.97."
    assert describe_duplicates(two) == f"2 pairs are near-duplicates {beyond}: the closest, 4 and 11, have \u22120.97."


@pytest.mark.parametrize(
    ("dead", "words"),
    [
        ([], "None is dead."),
        ([7], "1 is dead: 7."),
        ([3, 7], "2 are dead: 3 and 7."),
        ([1, 2, 3, 4, 5, 6], "6 are dead, among them 1, 2, 3, 4 and 5."),
    ],
)
def test_dead_kernels_are_counted_and_named(figures, dead, words):
    norms = figures.norms.copy()
    norms[dead] = 0
    assert describe_dead(replace(figures, norms=norms)) == words


def test_order_and_folding_are_said_only_where_they_are_asked_for(convolution, figures):
    plain = describe_findings(convolution, figures, folded=False, sort="number")
    assert plain == f"{describe_duplicates(figures)} None is dead."
    by_norm = describe_findings(convolution, figures, folded=False, sort="norm")
    assert by_norm == f"The strongest come first: by norm, from 1.44 down to 0.471. {plain}"
    folded = describe_findings(convolution, figures, folded=True, sort="norm")
    norms = figures.norms * abs(figures.scales)
    assert folded == (
        f"The strongest come first: by norm, from {norms.max():.3g} down to {norms.min():.3g}. "
        f"Each kernel is multiplied by its batch norm's scale, 0.405 to 1.15. {plain}"
    )


def test_behind_a_max_pool_folding_is_exact_unless_scales_are_negative(network):
    pooled = find_convolution(network, "custom_block1")
    figures = figures_of(pooled)
    positive = describe_findings(pooled, figures, folded=True, sort="number")
    assert "A max-pool stands between the two; no scale is negative, so folding is exact all the same." in positive
    scales = figures.scales.copy()
    scales[[3, 9]] *= -1
    negative = describe_findings(pooled, replace(figures, scales=scales), folded=True, sort="number")
    assert "exact only where the scale is positive: for 2 of 128 kernels it is negative" in negative
    straight = find_convolution(network, "prep_layer")
    turned = replace(figures_of(straight), scales=-figures_of(straight).scales)
    assert "max-pool" not in describe_findings(straight, turned, folded=True, sort="number")


def test_a_kernels_line_tells_norm_rank_batch_norm_and_nearest_sibling(convolution, figures, network):
    state = network.state_dict()
    weight = state["prep_layer.0.weight"][59]
    scale = state["prep_layer.1.weight"] / (state["prep_layer.1.running_var"] + 1e-5).sqrt()
    bias = (state["prep_layer.1.bias"] - state["prep_layer.1.running_mean"] * scale)[59]
    norms = state["prep_layer.0.weight"].flatten(1).norm(dim=1)
    rank = norms.argsort(descending=True).tolist().index(59) + 1
    verb = "subtracts" if bias < 0 else "adds"
    end = f"Batch norm multiplies its output by {scale[59]:.3g} and {verb} {abs(bias):.3g}. "
    end += "Its nearest sibling is kernel 2, cosine similarity \u22120.84."
    line = describe_kernel(convolution, figures, 59)
    assert line == f"Kernel 59 of prep_layer: norm {weight.norm():.3g}, number {rank} of 64 by norm. {end}"
    folded = describe_kernel(convolution, figures, 59, folded=True)
    assert folded.startswith(f"Kernel 59 of prep_layer: folded norm {weight.norm() * scale[59]:.3g}, number ")


def test_a_kernels_line_says_that_it_is_a_near_duplicate_or_dead(convolution, figures):
    alike = replace(figures, cosines=np.full_like(figures.cosines, 0.96))
    assert "cosine similarity +0.96, a near-duplicate." in describe_kernel(convolution, alike, 5)
    dead = replace(figures, norms=np.where(np.arange(64) == 5, 0, figures.norms).astype(np.float32))
    assert describe_kernel(convolution, dead, 5).endswith("It is dead.")
    assert "dead" not in describe_kernel(convolution, dead, 6)
