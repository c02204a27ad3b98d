"""On the path of an app that is tested in a browser, where Python runs it at the start: a handler that says how far it
is goes no further while a test holds it, so what passes in a second elsewhere lasts until it has been looked at.

`tests.browsing.held` holds a handler, by the words beside its progress bar.
"""

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

HELD = Path(os.environ["HELD"])  # names, while it exists, what is held
STOPPING = "interpret.tabs.page.stopping"
Handler = Callable[..., Iterator[tuple[Any, ...]]]


def is_held(bar: dict[str, Any]) -> bool:
    try:
        return bool(bar.get("visible")) and HELD.read_text() in bar["value"]
    except FileNotFoundError:
        return False


def holdable(handler: Handler) -> Handler:
    """The same answers, each as soon as it may be given; the last two outputs are the progress bar and the button."""

    def in_steps(*inputs: Any) -> Iterator[tuple[Any, ...]]:
        for answer in handler(*inputs):
            bar = dict(answer[-2])  # Gradio takes an update apart
            yield answer
            while is_held(bar):
                time.sleep(0.02)

    return in_steps


class Holding:
    """Finds the module that makes handlers stoppable, and makes them holdable too, once it has been read."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name != STOPPING:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        read = spec.loader.exec_module

        def read_and_change(module: ModuleType) -> None:
            read(module)
            stoppable = module.stoppable
            module.stoppable = lambda handler: stoppable(holdable(handler))

        spec.loader.exec_module = read_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Holding())
