"""One line of a benchmark's table, and how two computations are timed against each other."""

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """How many times one figure is another, and the bound that it must keep: at most or at least."""

    what: str
    value: float
    bound: float
    at_most: bool
    detail: str

    @property
    def holds(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "ok" if self.holds else "MISSED"
        return f"{self.what:62} {self.value:8.2f}  {sign} {self.bound:<5g} {verdict:7} {self.detail}"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Median ratio first / second, and the median milliseconds of each, after a warm-up of both."""
    for warm_up in (first, second, first, second):
        warm_up()
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    ratio = statistics.median(one / other for one, other in pairs)
    one, other = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    return ratio, one, other


def tell(ratios: Iterable[Ratio]) -> None:
    """Prints each as soon as it is measured. Exits with status 1 if one misses its bound."""
    held = []
    for ratio in ratios:
        print(ratio, flush=True)
        held.append(ratio.holds)
    sys.exit(0 if all(held) else 1)
