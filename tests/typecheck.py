"""The run-time checker of annotations in the tests; like static checkers it takes an int for a float (PEP 484).

jaxtyping asks for a checker of a signature whenever a function is defined, and so anew for each closure: reading one
release makes two hundred. Those of equal signatures are one and the same.
"""

from collections.abc import Callable, Hashable
from typing import Any

from beartype import BeartypeConf, beartype

with_checks = beartype(conf=BeartypeConf(is_pep484_tower=True))
checkers: dict[Hashable, Callable[..., Any]] = {}


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations checked; the functions that jaxtyping makes up for a signature are kept."""
    code = function.__code__
    if code.co_filename != "<string>" or function.__closure__:
        return with_checks(function)
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    named = function.__module__, function.__qualname__, code, tuple(map(id, defaults))
    signature = *named, tuple(function.__annotations__.items())
    try:
        known = checkers.get(signature)
    except TypeError:  # an annotation that has no hash
        return with_checks(function)
    if known is None:
        # What is kept keeps its defaults too, so that no other object takes their place.
        known = checkers[signature] = with_checks(function)
    return known
