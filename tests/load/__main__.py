"""`python -m tests.load`: many visitors at once, one of them in Chromium.

Exits with 1 if an answer is wrong, or a bound is missed.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

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


class Report:
    """Figures with their bounds, a line each as they are measured, and which of them missed theirs."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def tell(self, what: str, value: float, bound: float, at_most: bool = True) -> None:
        kept = value <= bound if at_most else value >= bound
        sys.stdout.write(
            f"{what:70} {value:8.2f}  {'<=' if at_most else '>='} {bound:g}  {'ok' if kept else 'MISSED'}\n"
        )
        sys.stdout.flush()
        if not kept:
            self.missed.append(what)


def mixed_questions(report: Report, url: str, right: list[Any], serial: float, clients: int, seconds: float) -> None:
    """Many visitors, all questions; `serial` is how many answers a second one visitor alone gets."""
    with page_watched(url) as page:
        load = many_visitors(url, clients, seconds, right)
    report.tell(f"{clients} visitors, {len(load.seconds)} answers: wrong ones", len(load.wrong), 0)
    report.tell("errors", len(load.errors), 0)
    rate = len(load.seconds) / seconds
    report.tell("answers a second / those that one visitor gets", rate / serial, OF_SERIAL, at_most=False)
    tail = _percentile(load.seconds, 95) / _percentile(load.seconds, 50)
    report.tell("95th percentile of waiting / median", tail, TAIL)
    report.tell("the page and its configuration, seconds, 99th percentile", _percentile(page, 99), PAGE)


def slow_questions(report: Report, url: str, count: int) -> None:
    """So many Score-CAMs of as many pictures in the same moment, and one visitor who asks for something quick."""
    images = pictures(count + 1)
    started = time.perf_counter()
    asyncio.run(burst(url, images[-1:]))
    alone = time.perf_counter() - started
    with page_watched(url) as page, quick_visitor(url) as quick:
        answers, gone, instead = stopped_meanwhile(url, lambda: asyncio.run(burst(url, images[:-1])))
    told = Counter(answers)
    for what, number in told.most_common():
        sys.stdout.write(f"{number:6d} of {count} at once: {what[:160]}\n")
    report.tell("of them refused without a word", sum(told[each] for each in told if "null" in each), 0)
    report.tell("the page meanwhile, seconds, 99th percentile", _percentile(page, 99), PAGE)
    report.tell("Stop in a browser meanwhile, seconds until the bar is gone", gone, PAGE)
    report.tell("the same until the quick answer / one Score-CAM alone", instead / alone, QUICK)
    delay = _percentile(quick, 95) / alone
    report.tell(f"{len(quick)} Grad-CAMs meanwhile, 95th percentile / one Score-CAM alone", delay, QUICK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--at-once", type=int, default=200, help="visitors who ask for a Score-CAM in the same moment")
    options, report = parser.parse_args(), Report()
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        right, serial = serial_answers(app.url)
        at_rest = memory_of(app.pid)
        mixed_questions(report, app.url, right, serial, options.clients, options.seconds)
        slow_questions(report, app.url, options.at_once)
        report.tell("memory afterwards / at rest", memory_of(app.pid) / at_rest, MEMORY)
        client = client_of(app.url)
        wrong = sum(ask(client, question) != answer for question, answer in zip(QUESTIONS, right, strict=True))
        report.tell("wrong answers afterwards", wrong, 0)
    sys.exit(1 if report.missed else 0)


def _percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share)) if values else float("nan")


if __name__ == "__main__":
    main()
