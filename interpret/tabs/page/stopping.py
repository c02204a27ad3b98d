"""Stopping what takes long: the visitor presses Stop, and the handler ends after the step that it is in."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from interpret.tabs.computing.threads import GIVES_UP, GivenUpError

NOT_RUNNING = gr.update(visible=False), gr.update(visible=False)


@dataclass
class Stops:
    """How often a visitor has pressed Stop."""

    count: int = 0


def stoppable(handler: Callable[..., Iterator[tuple[Any, ...]]]) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """Ends a handler's steps once its visitor has pressed Stop, with nothing more of what it found; those that still
    wait for others' are not waited for. Its last outputs are the progress bar and the button, which are hidden then;
    the first input is the visitor's `Stops`.

    Gradio can cancel an event, but passes over what is asked of it until the step that it is in is done.
    """

    def until_stopped(stops: Stops, *inputs: Any) -> Iterator[tuple[Any, ...]]:
        before, steps = stops.count, handler(*inputs)

        def stopped() -> bool:
            return stops.count != before

        answer = _first_of(steps, stopped)
        with contextlib.suppress(GivenUpError):
            while not stopped():
                yield answer
                try:
                    answer = next(steps)
                except StopIteration:
                    return
        yield *(gr.skip() for _ in answer[: -len(NOT_RUNNING)]), *NOT_RUNNING

    return until_stopped


def _first_of(steps: Iterator[Any], stopped: Callable[[], bool]) -> Any:
    """The first answer of these steps; the later ones are given up once they are stopped."""
    answered: list[Any] = []
    token = GIVES_UP.set(lambda: bool(answered) and stopped())
    try:
        answered.append(next(steps))
    finally:
        GIVES_UP.reset(token)  # each step may run in another context
    return answered[0]


def count_a_stop(stops: Stops) -> tuple[Any, ...]:
    """What a Stop button does that has nothing to show in place of what it ends."""
    stops.count += 1
    return NOT_RUNNING
