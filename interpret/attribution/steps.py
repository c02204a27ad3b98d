"""Long computations as generators: they yield the share of the work that is done, in [0, 1], and return the result."""

from collections.abc import Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


def finish(steps: Generator[Any, None, Result]) -> Result:
    """The result, for a caller who need not know how far it is."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def share_of(steps: Generator[float, None, Result], start: float, end: float) -> Generator[float, None, Result]:
    """A computation as the part of a longer one that reaches from `start` to `end` of it."""
    while True:
        try:
            share = next(steps)
        except StopIteration as finished:
            return finished.value
        yield start + (end - start) * share
