"""Checks of what a caller chose; the error says what is allowed."""

from collections.abc import Sequence


class ChoiceError(ValueError):
    """A value outside its range, or a name that does not exist; the message says what is allowed."""


def check_name(what: str, value: str, allowed: Sequence[str]) -> str:
    """`value`, if it is one of `allowed`; else raises ChoiceError."""
    if value not in allowed:
        raise ChoiceError(f"Unknown {what} {value!r}. Allowed: {', '.join(allowed)}.")
    return value


def check_whole(what: str, value: int | float, low: int, high: int) -> int:
    """`value` as an int, if it is a whole number from `low` to `high`; else raises ChoiceError."""
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
    if not whole or not low <= value <= high:
        raise ChoiceError(f"{what} must be a whole number from {low} to {high}, got {value!r}.")
    return int(value)


def check_fraction(what: str, value: int | float) -> float:
    """`value`, if it is a number from 0 to 1; else raises ChoiceError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ChoiceError(f"{what} must be a number from 0 to 1, got {value!r}.")
    return float(value)
