"""`python -m tests.load`: many visitors at once, one of them in Chromium.

Exits with 1 if an answer is wrong, or a bound is missed.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ratio import Ratio
from tests.conftest import client_of, running_app
from tests.hostile.judged import memory_of
from tests.load.stopping import stopped_meanwhile
from tests.load.visitors import (
    QUESTIONS,
    ask,
    burst,
    many_visitors,
    page_watched,
    pictures,
    quick_visitor,
    serial_answers,
)

OF_SERIAL, TAIL, PAGE, QUICK, MEMORY = 0.8, 3.0, 1.0, 1.0, 1.3


def mixed_questions(url: str, right: list[Any], serial: float, clients: int, seconds: float) -> Iterator[Ratio]:
    """Many visitors, all questions; `serial` is how many answers a second one visitor alone gets."""
    with page_watched(url) as page:
        load = many_visitors(url, clients, seconds, right)
    yield at_most(f"{clients} visitors, {len(load.seconds)} answers: wrong ones", len(load.wrong), 0)
    yield at_most("errors", len(load.errors), 0)
    rate = len(load.seconds) / seconds
    yield Ratio("answers a second / those that one visitor gets", rate / serial, OF_SERIAL, False, "")
    tail = _percentile(load.seconds, 95) / _percentile(load.seconds, 50)
    yield at_most("95th percentile of waiting / median", tail, TAIL)
    yield at_most("the page and its configuration, seconds, 99th percentile", _percentile(page, 99), PAGE)


def slow_questions(url: str, count: int) -> Iterator[Ratio]:
    """So many Score-CAMs of as many pictures in the same moment; one visitor who asks for something quick, and one in a
    browser who stops."""
    images = pictures(count + 1)
    started = time.perf_counter()
    asyncio.run(burst(url, images[-1:]))
    alone = time.perf_counter() - started
    with page_watched(url) as page, quick_visitor(url) as quick:
        answers, gone, instead = stopped_meanwhile(url, lambda: asyncio.run(burst(url, images[:-1])))
    told = Counter(answers)
    for what, number in told.most_common():
        sys.stdout.write(f"{number:6d} of {count} at once: {what[:160]}\n")
    yield at_most("of them refused without a word", sum(told[each] for each in told if "null" in each), 0)
    yield at_most("the page meanwhile, seconds, 99th percentile", _percentile(page, 99), PAGE)
    yield at_most("Stop in a browser meanwhile, seconds until the bar is gone", gone, PAGE)
    yield at_most("the same until the quick answer / one Score-CAM alone", instead / alone, QUICK)
    yield at_most(
        f"{len(quick)} Grad-CAMs meanwhile, 95th percentile / Score-CAM alone", _percentile(quick, 95) / alone, QUICK
    )


def at_most(what: str, value: float, bound: float) -> Ratio:
    return Ratio(what, value, bound, True, "")


def table(options: argparse.Namespace) -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        right, serial = serial_answers(app.url)
        at_rest = memory_of(app.pid)
        yield from mixed_questions(app.url, right, serial, options.clients, options.seconds)
        yield from slow_questions(app.url, options.at_once)
        yield at_most("memory afterwards / at rest", memory_of(app.pid) / at_rest, MEMORY)
        client = client_of(app.url)
        wrong = sum(ask(client, question) != answer for question, answer in zip(QUESTIONS, right, strict=True))
        yield at_most("wrong answers afterwards", wrong, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--at-once", type=int, default=200, help="visitors who ask for a Score-CAM in the same moment")
    held = []
    for ratio in table(parser.parse_args()):
        sys.stdout.write(f"{ratio}".rstrip() + "\n")
        sys.stdout.flush()
        held.append(ratio.holds)
    sys.exit(0 if all(held) else 1)


def _percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share)) if values else float("nan")


if __name__ == "__main__":
    main()
