"""Read the fields of a JSON object that others wrote: each is checked, and an error names the field by its path."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

Read = TypeVar("Read")
Reader = Callable[[object, str], Read]  # from a value and its path; raises FieldError

EACH_ALONE = "each alone"  # marks a mapping that is read without those of its entries that are wrong
ALL_OR_NOTHING = "all or nothing"  # marks an optional field that must be right if it is there


class FieldError(ValueError):
    """A field is missing or wrong; the message names it."""


class JsonObject:
    """A JSON object while it is read, field by field; optional fields that are wrong are None, and among `problems`."""

    def __init__(self, value: object, path: str, problems: list[FieldError]) -> None:
        if not isinstance(value, Mapping):
            raise wrong(path, "an object", value)
        self.values, self.path, self.problems = value, path, problems

    def required(self, name: str, read: Reader[Read]) -> Read:
        """Raises FieldError if the field is missing or wrong."""
        path = f"{self.path}.{name}" if self.path else name
        if name not in self.values:
            raise FieldError(f"{path} is missing")
        return read(self.values[name], path)

    def optional(self, name: str, read: Reader[Read]) -> Read | None:
        """None also for a field that is null."""
        try:
            return None if self.values.get(name) is None else self.required(name, read)
        except FieldError as problem:
            self.problems.append(problem)
            return None

    def within(self, read: Callable[["JsonObject"], Read]) -> Reader[Read]:
        """A reader of an object inside this one."""
        return lambda value, path: read(JsonObject(value, path, self.problems))

    def entries_of(self, read: Reader[Read]) -> Reader[dict[str, Read]]:
        """A reader of an object inside this one whose fields are all alike; without those that are wrong."""

        def read_entries(found: JsonObject) -> dict[str, Read]:
            entries = {name: found.optional(name, read) for name in found.values}
            return {name: each for name, each in entries.items() if each is not None}

        return self.within(read_entries)


def wrong(path: str, allowed: str, value: object) -> FieldError:
    return FieldError(f"{path or 'the document'} must be {allowed}, got {value!r:.200}")


def number(value: object, path: str, low: float = -sys.float_info.max, high: float = sys.float_info.max) -> float:
    # NaN is neither above nor below anything, and so is refused too.
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        finite = "a finite number" if high == sys.float_info.max else f"a number from {low:g} to {high:g}"
        raise wrong(path, finite, value)
    return float(value)


def number_or_nan(value: object, path: str) -> float:
    return math.nan if isinstance(value, float) and math.isnan(value) else number(value, path)


def share(value: object, path: str) -> float:
    return number(value, path, 0, 1)


def not_negative(value: object, path: str) -> float:
    if (found := number(value, path)) < 0:
        raise wrong(path, "a number, at least 0", value)
    return found


def count(value: object, path: str) -> int:
    found = number(value, path)
    if found < 0 or not found.is_integer():
        raise wrong(path, "a whole number, at least 0", value)
    return int(found)


def text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    return value


def anything(value: object, path: str) -> object:
    return value


def list_of(read: Reader[Read]) -> Reader[tuple[Read, ...]]:
    def read_list(value: object, path: str) -> tuple[Read, ...]:
        if not isinstance(value, list):
            raise wrong(path, "a list", value)
        return tuple(read(each, f"{path}[{index}]") for index, each in enumerate(value))

    return read_list


def mapping_of(read: Reader[Read]) -> Reader[dict[str, Read]]:
    def read_mapping(value: object, path: str) -> dict[str, Read]:
        found = JsonObject(value, path, [])
        return {name: found.required(name, read) for name in found.values}

    return read_mapping


def read_as(kind: type[Read]) -> Callable[[JsonObject], Read]:
    """Reads a dataclass, each field as its annotation says: a number, a string, a dataclass, a tuple or mapping of
    these, or what has a reader of its own (`Annotated[float, share]`).

    A field that may be None is None if it is missing or wrong; the others are required. Fields that do not compare are
    not read.
    """

    def read(found: JsonObject) -> Read:
        values = {}
        for name, hint in _schema(kind).items():
            strict = not _may_be_none(hint) or (ALL_OR_NOTHING in _marks(hint) and name in found.values)
            values[name] = (found.required if strict else found.optional)(name, _reader(found, hint))
        return kind(**values)

    return read


def _schema(kind: Any) -> dict[str, Any]:
    """Each field's annotation."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind) if each.compare}


def _may_be_none(hint: Any) -> bool:
    return NoneType in get_args(get_args(hint)[0] if _marks(hint) else hint)


def _marks(hint: Any) -> tuple[Any, ...]:
    return hint.__metadata__ if get_origin(hint) is Annotated else ()


def _reader(found: JsonObject, hint: Any) -> Reader[Any]:
    marks, arguments = _marks(hint), get_args(hint)
    if own := [mark for mark in marks if callable(mark)]:
        return own[0]
    if EACH_ALONE in marks:
        return found.entries_of(_reader(found, get_args(arguments[0])[1]))
    if marks:
        return _reader(found, arguments[0])
    if NoneType in arguments:
        return _reader(found, next(each for each in arguments if each is not NoneType))
    if isinstance(hint, type) and is_dataclass(hint):
        return found.within(read_as(hint))
    if get_origin(hint) is tuple:
        return list_of(_reader(found, arguments[0]))
    if get_origin(hint) is Mapping:
        return mapping_of(_reader(found, arguments[1]))
    return _PLAIN_READERS[hint]


_PLAIN_READERS: dict[Any, Reader[Any]] = {int: count, float: number, str: text, Any: anything}


def plain(value: Any) -> Any:
    """A value as JSON has it; fields that are None are left out."""
    if is_dataclass(value):
        stated = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: plain(each) for name, each in stated.items() if each is not None}
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else value
