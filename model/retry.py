"""Waiting for others: until a deadline, and again after a transient error."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def by_deadline(deadline: float, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results of all tasks, run at the same time; `deadline` is a value of `time.monotonic()`.

    Raises TimeoutError when it passes, leaving unfinished tasks behind in daemon threads, and a task's own error
    otherwise.
    """
    futures: list[Future[Result]] = [Future() for _ in tasks]
    for future, task in zip(futures, tasks, strict=True):
        threading.Thread(target=_settle, args=(future, task), daemon=True).start()
    return [future.result(max(0.0, deadline - time.monotonic())) for future in futures]


def _settle(future: Future[Result], task: Callable[[], Result]) -> None:
    try:
        future.set_result(task())
    except Exception as error:  # handed over, not swallowed: `by_deadline` raises it
        future.set_exception(error)


def retry(
    task: Callable[[], Result], is_transient: Callable[[Exception], bool], attempts: int = 3, first_wait: float = 0.5
) -> Result:
    """The task's result, tried again after transient errors; each wait (seconds) is twice as long as the one before."""
    for attempt in range(1, attempts):
        try:
            return task()
        except Exception as error:
            if not is_transient(error):
                raise
            wait = first_wait * 2 ** (attempt - 1)
            logger.info("%s; trying again in %.1f s", type(error).__name__, wait)
            time.sleep(wait)
    return task()
