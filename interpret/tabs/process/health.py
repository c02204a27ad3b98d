"""How the app is doing: since when it runs, who waits, and how much it answers.

The one module that looks into Gradio's queue, which has no public face.
"""

import time
from collections.abc import Callable
from typing import Any

import gradio as gr

MINUTE = 60.0


def waiting(demo: gr.Blocks) -> int:
    """How many questions wait for their turn."""
    return len(demo._queue)


def is_busy(demo: gr.Blocks) -> bool:
    """Whether a question waits or is being answered."""
    return waiting(demo) > 0 or any(job is not None for job in demo._queue.active_jobs)


def answered_within(demo: gr.Blocks, seconds: float) -> int:
    """How many of the questions of the last `seconds` have been answered, those that the page asks included."""
    since, asked = time.time() - seconds, list(demo._queue.event_analytics.values())
    return sum(each["status"] == "success" and float(each["time"] or 0) >= since for each in asked)


def with_health(demo: gr.Blocks, about: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """An endpoint that tells what `about` tells, and how the app is doing."""
    started = time.monotonic()

    def release() -> dict[str, Any]:
        return {
            **about(),
            "uptime_seconds": round(time.monotonic() - started),
            "queue_length": waiting(demo),
            "answered_last_minute": answered_within(demo, MINUTE),
        }

    release.__doc__ = about.__doc__
    return release
