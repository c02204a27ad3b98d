from dataclasses import replace

import numpy as np
import pytest
import torch

from interpret.attribution.cam import worth_of
from interpret.attribution.measured.shapley import occlusion_steps, shapley_steps
from interpret.attribution.measured.subsets import enough, needed
from interpret.attribution.steps import finish


def says_one(likely):
    """Two classes; `likely(members)` says whether the network is sure of the first one."""

    def worth(shown):
        return torch.tensor(
            [[4.0, 0.0] if likely(set(np.flatnonzero(each).tolist())) else [0.0, 4.0] for each in shown]
        )

    return worth


def found_by(worth, cells: int = 6):
    return finish(shapley_steps(worth, cells, 8, seed=0))


def members(cells) -> set[int] | None:
    return None if cells is None else set(np.flatnonzero(cells).tolist())


def test_two_cells_that_must_come_together_are_enough_and_either_is_needed():
    worth = says_one(lambda shown: {1, 4} <= shown)
    measured = found_by(worth)
    assert members(finish(enough(worth, measured, 0, 1.0))) == {1, 4}
    assert members(finish(needed(worth, measured, 0))) in ({1}, {4})


def test_of_two_that_can_stand_for_one_another_one_is_enough_and_both_are_needed():
    worth = says_one(lambda shown: bool({1, 4} & shown))
    measured = found_by(worth)
    assert members(finish(enough(worth, measured, 0, 1.0))) in ({1}, {4})
    assert members(finish(needed(worth, measured, 0))) == {1, 4}


def test_a_class_that_needs_every_cell_has_no_smaller_set():
    worth = says_one(lambda shown: len(shown) == 6)
    assert finish(enough(worth, found_by(worth), 0, 1.0)) is None


def test_a_class_that_even_the_blank_picture_is_called_needs_no_cell_and_loses_none():
    worth = says_one(lambda shown: True)
    measured = found_by(worth)
    assert members(finish(enough(worth, measured, 0, 1.0))) == set()
    assert finish(needed(worth, measured, 0)) is None


def test_a_class_that_is_not_said_of_the_whole_picture_lacks_nothing_to_be_unsaid():
    worth = says_one(lambda shown: shown == {2})
    measured = finish(occlusion_steps(worth, 6))
    assert members(finish(needed(worth, measured, 0))) == set()


def test_enough_asks_for_a_confidence_of_a_half():
    """Ahead of each of two others, but with 45% only."""
    worth = lambda shown: torch.log(torch.tensor([[0.45, 0.3, 0.25]])).expand(len(shown), 3)  # noqa: E731
    measured = found_by(worth)
    assert finish(enough(worth, measured, 0, 1.0)) is None
    assert members(finish(enough(worth, measured, 0, 0.5))) == set(), "a lower temperature is surer"


@pytest.mark.parametrize("index", [3, 6])
def test_on_a_real_picture_each_is_what_a_run_says_and_no_cell_can_be_left_out(network, cat, index):
    worth = worth_of(network, cat, "mean")
    measured = finish(shapley_steps(worth, 16, 8, seed=0))
    temperature = network.config.temperature
    few = finish(enough(worth, measured, index, temperature))
    lost = finish(needed(worth, measured, index))
    if few is not None:
        confidences = torch.softmax(worth(np.array([few])) / temperature, dim=1)
        assert confidences[0, index] >= 0.5
        for cell in np.flatnonzero(few):
            fewer = np.array([few & (np.arange(16) != cell)])
            assert torch.softmax(worth(fewer) / temperature, dim=1)[0, index] < 0.5
    assert lost is not None
    assert worth(np.array([~lost]))[0].argmax() != index


def test_the_search_says_that_it_goes_on(network, cat):
    worth = worth_of(network, cat, "mean")
    measured = finish(shapley_steps(worth, 16, 8, seed=0))
    shares = list(needed(worth, measured, 3))
    assert shares and shares == sorted(shares) and shares[0] > 0 and shares[-1] < 1


def test_cells_that_are_not_needed_are_left_out_however_valuable_they_were_thought():
    """Cell 0 alone decides, but is thought the third most valuable, and no set without others was run."""
    worth = says_one(lambda shown: 0 in shown)
    misled = replace(finish(occlusion_steps(worth, 6)), cells=np.array([[3.0, 5, 4, 2, 1, 0], [0.0] * 6]))
    assert members(finish(enough(worth, misled, 0, 1.0))) == {0}
    assert members(finish(needed(worth, misled, 0))) == {0}
