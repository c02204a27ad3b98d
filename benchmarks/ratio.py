"""One line of a benchmark's table."""

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
