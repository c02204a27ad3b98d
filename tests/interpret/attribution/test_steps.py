from collections.abc import Generator

import pytest

from interpret.attribution.steps import finish, share_of


def counting(steps: int, done: list[int]) -> Generator[float, None, str]:
    for step in range(steps):
        done.append(step)
        yield (step + 1) / steps
    return f"{steps} steps"


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_the_result_comes_after_every_step_was_taken(steps):
    done: list[int] = []
    assert finish(counting(steps, done)) == f"{steps} steps"
    assert done == list(range(steps))


def test_an_error_in_a_step_reaches_the_caller():
    def failing() -> Generator[float, None, None]:
        yield 0.5
        raise ArithmeticError("in the second step")

    with pytest.raises(ArithmeticError, match="in the second step"):
        finish(failing())


def test_a_computation_can_be_a_part_of_a_longer_one():
    def short():
        yield 0.5
        yield 1.0
        return "done"

    def long():
        return (yield from share_of(short(), 0.2, 0.6))

    assert list(long()) == pytest.approx([0.4, 0.6])
    assert finish(long()) == "done"
