from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats

from interpret.attribution.cam import worth_of
from interpret.attribution.measured.shapley import STUDENT_T, Measured, occlusion_steps, shapley_steps
from interpret.attribution.steps import finish
from model.images import to_tensor


def of_sets(worth):
    """A game on sets of cells, as the logit of one class."""
    return lambda shown: torch.tensor([[float(worth(set(np.flatnonzero(each))))] for each in shown])


def four_cells(members: set[int]) -> float:
    """Cells 0 and 1 are worth something together only, cell 2 is worth 3 alone, cell 3 costs 1 beside cell 2."""
    return 2.0 * ({0, 1} <= members) + 3.0 * (2 in members) - 1.0 * ({2, 3} <= members) + 0.5


def brute_force(worth, cells: int) -> np.ndarray:
    values, orders = np.zeros(cells), list(permutations(range(cells)))
    for order in orders:
        for number, cell in enumerate(order):
            before = set(order[:number])
            values[cell] += (worth({*before, cell}) - worth(before)) / len(orders)
    return values


def test_a_game_worked_out_by_hand():
    """The pair shares its 2 equally; cells 2 and 3 share the cost of 1."""
    assert brute_force(four_cells, 4).tolist() == pytest.approx([1, 1, 2.5, -0.5])
    found = finish(shapley_steps(of_sets(four_cells), 4, 64, seed=0))
    np.testing.assert_allclose(found.cells[0], [1, 1, 2.5, -0.5], atol=3 * found.standard_errors.max() + 1e-9)
    assert found.cells.sum() == pytest.approx(4.0, abs=1e-6)


def test_with_many_orders_it_agrees_with_brute_force_on_a_2x2_grid_of_a_real_picture(network, cat):
    worth = worth_of(network, cat, "mean")
    index = int(network(cat).argmax())

    def of_class(members: set[int]) -> float:
        shown = np.array([[cell in members for cell in range(4)]])
        return float(worth(shown)[0, index])

    expected = brute_force(of_class, 4)
    found = finish(shapley_steps(worth, 4, 64, seed=0))
    half_width = found.half_widths[index]
    assert (np.abs(found.cells[index] - expected) <= half_width).all()
    np.testing.assert_allclose(found.cells[index], expected, atol=0.5)


@pytest.mark.parametrize("orders", [2, 8])
@pytest.mark.parametrize("fill", ["mean", "blur"])
def test_the_cells_add_up_to_the_score_minus_that_of_the_blank_picture(network, cat, orders, fill):
    found = finish(shapley_steps(worth_of(network, cat, fill), 16, orders, seed=3))
    whole = found.logits[found.shown.all(axis=1)][0]
    np.testing.assert_allclose(found.cells.sum(axis=1), whole - found.blank, atol=1e-4)
    np.testing.assert_allclose(whole, network(cat)[0].numpy(), atol=1e-4)


def test_the_same_seed_gives_the_same_map_and_another_one_another(network, cat):
    worth = worth_of(network, cat, "mean")
    once, again, other = (finish(shapley_steps(worth, 16, 4, seed)).cells for seed in (1, 1, 2))
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_every_order_is_also_run_backwards():
    """Of a game whose worth is the square of the count, forwards and backwards average to the exact value at once."""
    found = finish(shapley_steps(of_sets(lambda members: len(members) ** 2), 6, 2, seed=0))
    assert found.cells[0].tolist() == pytest.approx([6.0] * 6)


def test_standard_errors_are_those_of_the_mean_over_pairs_of_orders():
    """Of a game for three: what two share is evened out by every pair of orders, and has no error."""
    counted = []

    def three_together(members: set[int]) -> float:
        return four_cells(members) + 6.0 * ({0, 1, 2} <= members)

    def worth(shown):
        counted.append(len(shown))
        return of_sets(three_together)(shown)

    found = finish(shapley_steps(worth, 4, 8, seed=0))
    generator = np.random.default_rng(0)
    pairs = []
    for order in [generator.permutation(4) for _ in range(4)]:
        gains = np.zeros(4)
        for way in (order, order[::-1]):
            for number, cell in enumerate(way):
                before = set(way[:number].tolist())
                gains[cell] += (three_together({*before, int(cell)}) - three_together(before)) / 2
        pairs.append(gains)
    np.testing.assert_allclose(found.cells[0], np.mean(pairs, axis=0), atol=1e-6)
    assert found.standard_errors[0].max() > 0.1
    np.testing.assert_allclose(found.standard_errors[0], stats.sem(pairs, axis=0), atol=1e-6)
    np.testing.assert_allclose(found.half_widths[0], stats.sem(pairs, axis=0) * stats.t.ppf(0.975, 3), rtol=1e-4)
    assert sum(counted) == len(found.shown) <= 16, "no set of cells is run twice"


def test_of_a_single_pair_nobody_can_tell_the_error():
    found = finish(shapley_steps(of_sets(four_cells), 4, 2, seed=0))
    assert np.isnan(found.standard_errors).all() and np.isnan(found.half_widths).all()


def test_the_table_of_student_is_right():
    np.testing.assert_allclose(STUDENT_T, stats.t.ppf(0.975, np.arange(1, 32)), atol=5e-5)


def test_progress_rises_to_the_whole(network, cat):
    shares = list(shapley_steps(worth_of(network, cat, "mean"), 16, 16, seed=0))
    assert len(shares) > 2 and shares == sorted(shares) and shares[-1] == 1.0


def test_occlusion_is_what_the_score_loses_without_each_cell(network, cat):
    found: Measured = finish(occlusion_steps(worth_of(network, cat, "mean"), 16))
    without = cat.clone()
    without[:, :, 8:16, 24:32] = torch.tensor([125, 123, 114]).view(3, 1, 1) / 255  # D2
    expected = (network(cat) - network(without))[0].numpy()
    np.testing.assert_allclose(found.cells[:, 7], expected, atol=1e-4)
    assert len(found.shown) == 18 and found.pairs == 0


def test_occlusion_worked_out_by_hand():
    assert finish(occlusion_steps(of_sets(four_cells), 4)).cells[0].tolist() == pytest.approx([2, 2, 2, -1])


def test_stated_errors_cover_what_many_more_orders_find(network, release):
    """The 95% intervals of 8 orders around the values of 64 others, for all cells and classes of real pictures."""
    covered = []
    for image in to_tensor(release.misclassified.images[:3]):
        worth = worth_of(network, image[None], "mean")
        few, many = (finish(shapley_steps(worth, 16, orders, seed)) for orders, seed in ((8, 0), (64, 1)))
        covered.append(np.abs(few.cells - many.cells) <= few.half_widths)
    assert np.mean(covered) >= 0.9
