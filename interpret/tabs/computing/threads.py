"""Threads that compute answers, and give way: to whoever serves the page, and the slow among them to the quick.

Gradio calls handlers in threads like the web server's own: ten Score-CAMs take as much of a processor as the page that
a visitor waits for.
"""

import contextvars
import functools
import inspect
import itertools
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from queue import PriorityQueue
from typing import Any, ParamSpec, TypeVar

from interpret.tabs.computing.memory import give_back_freed_memory

Inputs = ParamSpec("Inputs")
Answer = TypeVar("Answer")
Step = TypeVar("Step")

THREADS = 4
NICENESS = 10  # of 19: a tenth of the web server's share of a core that both want
MANY = 8  # steps, after which there is memory to give back
PATIENCE = 0.2  # seconds between two questions whether an answer is still wanted
FIRST = -1  # before the later steps of whatever was asked first

# Whether the present visitor has given up what is asked for; None where nobody can.
GIVES_UP: contextvars.ContextVar[Callable[[], bool] | None] = contextvars.ContextVar("gives_up", default=None)


class GivenUpError(Exception):
    """Whoever asked no longer wants the answer, and its next step had not begun."""


class ComputingThreads:
    """A few threads of low priority that do what is asked of them: the first step of anything before the later steps of
    what takes many, and of these what was asked first. They end with the process."""

    def __init__(self, count: int = THREADS) -> None:
        self._waiting: PriorityQueue[tuple[int, int, Callable[[], None]]] = PriorityQueue()
        self._turn = itertools.count()
        for number in range(count):
            threading.Thread(target=self._work, name=f"computing {number}", daemon=True).start()

    def _work(self) -> None:
        if sys.platform == "linux":  # where a thread may have a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while True:
            _, _, job = self._waiting.get()
            job()
            del job  # else its answer would be kept until the next one

    def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        place: int = FIRST,
        gives_up: Callable[[], bool] | None = None,
    ) -> Any:
        """What `function` returns or raises, called by one of the threads in the caller's context; what has a lower
        `place` is called before. Raises GivenUpError if the caller `gives_up` before it is called."""
        found: Future[Any] = Future()
        context = contextvars.copy_context()

        def job() -> None:
            if not found.set_running_or_notify_cancel():
                return
            try:
                found.set_result(context.run(function, *args))
            except BaseException as error:
                found.set_exception(error)

        self._waiting.put((place, next(self._turn), job))
        while gives_up is not None and found not in wait([found], PATIENCE).done:
            if gives_up() and found.cancel():
                raise GivenUpError
        return found.result()

    def step_by_step(self, steps: Generator[Step, None, Answer]) -> Generator[Step, None, Answer]:
        """The same steps and the same result, each step taken by one of the threads."""
        asked, taken, gives_up = next(self._turn), 0, GIVES_UP.get()
        try:
            while True:
                yield self.run(next, steps, place=asked if taken else FIRST, gives_up=gives_up)
                taken += 1
        except StopIteration as end:
            return end.value
        finally:
            steps.close()
            if taken >= MANY and self._waiting.empty():
                give_back_freed_memory()

    def computing(self, handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
        """Has a handler compute in these threads; one that answers in steps, step by step."""

        @functools.wraps(handler)
        def once(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Answer:
            return self.run(functools.partial(handler, *args, **kwargs))

        @functools.wraps(handler)
        def in_steps(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Iterator[Any]:
            yield from self.step_by_step(handler(*args, **kwargs))  # type: ignore[arg-type]

        return in_steps if inspect.isgeneratorfunction(handler) else once  # type: ignore[return-value]
