"""Stopping what takes long: the visitor presses Stop, and the handler ends after the step that it is in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

NOT_RUNNING = gr.update(visible=False), gr.update(visible=False)


@dataclass
class Stops:
    """How often a visitor has pressed Stop."""

    count: int = 0


def stoppable(handler: Callable[..., Iterator[tuple[Any, ...]]]) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """Ends a handler's steps once its visitor has pressed Stop, with nothing more of what it found. Its last outputs
    are the progress bar and the button, which are hidden then; the first input is the visitor's `Stops`.

    Gradio can cancel an event, but passes over what is asked of it until the step that it is in is done.
    """

    def until_stopped(stops: Stops, *inputs: Any) -> Iterator[tuple[Any, ...]]:
        before = stops.count
        for answer in handler(*inputs):
            if stops.count != before:
                yield *(gr.skip() for _ in answer[: -len(NOT_RUNNING)]), *NOT_RUNNING
                return
            yield answer

    return until_stopped


def count_a_stop(stops: Stops) -> tuple[Any, ...]:
    """What a Stop button does that has nothing to show in place of what it ends."""
    stops.count += 1
    return NOT_RUNNING
