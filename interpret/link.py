"""What a link says, read word by word: where it asks for what there is not, the nearest right thing stands in."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Number = TypeVar("Number", int, float)
Value = TypeVar("Value", int, float, str)
LONGEST = 40  # characters of what a link says that are told again


class LinkWords:
    """The words of a link's query. What is not there is as usual; what is wrong is put right, and `told`."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query
        self._wrong: list[tuple[str, str, str]] = []

    def name(self, word: str, usual: str, allowed: Sequence[str]) -> str:
        """One of the `allowed` names: what the link says, or else the usual one."""
        said = self._query.get(word, usual)
        return said if said in allowed else self.put_right(word, usual)

    def whole(self, word: str, usual: int, low: int, high: int, step: int = 1) -> int:
        """Every `step`-th whole number from `low` to `high`: what the link says, or else the nearest, or a lower one
        as near; the usual one for no number."""

        def nearest(said: int) -> int:
            inside = min(max(low, said), high)
            return inside - (inside - low) % step

        return self._number(word, usual, int, nearest)

    def fraction(self, word: str, usual: float) -> float:
        """A number from 0 to 1: what the link says, or else the nearest; the usual one for no number."""
        return self._number(word, usual, _float, lambda said: min(max(0.0, said), 1.0))

    def _number(
        self, word: str, usual: Number, read: Callable[[str], Number], nearest: Callable[[Number], Number]
    ) -> Number:
        if word not in self._query:
            return usual
        try:
            said = read(self._query[word])
        except ValueError:
            return self.put_right(word, usual)
        return said if said == nearest(said) else self.put_right(word, nearest(said))

    def whole_or_none(self, word: str, low: int, high: int) -> int | None:
        """As `whole`, of a number that a link need not name."""
        return self.whole(word, low, low, high) if word in self._query else None

    def yes(self, word: str, usual: bool) -> bool:
        """Yes or no."""
        return self.name(word, yes_or_no(usual), (yes_or_no(True), yes_or_no(False))) == yes_or_no(True)

    def told(self) -> str | None:
        """What was put right, in one sentence; None if nothing was."""
        if not self._wrong:
            return None
        asked = " and ".join(f"{word} {said!r}" for word, said, _ in self._wrong)
        seen = " and ".join(f"{word} {instead}" for word, _, instead in self._wrong)
        return f"This link asks for {asked}, which does not exist here: you see {seen} instead."

    def put_right(self, word: str, value: Value) -> Value:
        """`value`, in place of what the link says."""
        self._wrong.append((word, self._query[word][:LONGEST], str(value)))
        return value


def _float(text: str) -> float:
    """Raises ValueError for what is no number, "nan" too."""
    if math.isnan(number := float(text)):
        raise ValueError(text)
    return number


def yes_or_no(truth: bool) -> str:
    """As links say it."""
    return "yes" if truth else "no"
