"""`python -m tests.load`: many visitors at once. Exits with 1 if an answer is wrong, or a bound is missed."""

import argparse
import asyncio
import base64
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from tests.conftest import EXAMPLES, client_of, running_app
from tests.hostile.judged import memory_of
from tests.load.visitors import QUESTIONS, ask, burst, many_visitors, page_watched, serial_answers

OF_SERIAL, TAIL, PAGE, MEMORY = 0.8, 3.0, 1.0, 1.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--at-once", type=int, default=200, help="visitors who ask for a Score-CAM in the same moment")
    options = parser.parse_args()
    missed = []

    def tell(what: str, value: float, bound: float, at_most: bool = True) -> None:
        kept = value <= bound if at_most else value >= bound
        sys.stdout.write(
            f"{what:70} {value:8.2f}  {'<=' if at_most else '>='} {bound:g}  {'ok' if kept else 'MISSED'}\n"
        )
        sys.stdout.flush()
        if not kept:
            missed.append(what)

    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        right, serial = serial_answers(app.url)
        at_rest = memory_of(app.pid)
        with page_watched(app.url) as page:
            load = many_visitors(app.url, options.clients, options.seconds, right)
        rate = len(load.seconds) / options.seconds
        tell(f"{options.clients} visitors, {len(load.seconds)} answers: wrong ones", len(load.wrong), 0)
        tell("errors", len(load.errors), 0)
        tell("answers a second / those that one visitor gets", rate / serial, OF_SERIAL, at_most=False)
        tell("95th percentile of waiting / median", _percentile(load.seconds, 95) / _percentile(load.seconds, 50), TAIL)
        tell("the page and its configuration, seconds, 99th percentile", _percentile(page, 99), PAGE)
        image = "data:image/png;base64," + base64.b64encode((EXAMPLES / "cat.png").read_bytes()).decode()
        with page_watched(app.url) as page:
            told = Counter(asyncio.run(burst(app.url, options.at_once, image)))
        for what, count in told.most_common():
            sys.stdout.write(f"{count:6d} of {options.at_once} at once: {what[:160]}\n")
        tell("of them refused without a word", sum(told[each] for each in told if "null" in each), 0)
        tell("the page meanwhile, seconds, 99th percentile", _percentile(page, 99), PAGE)
        tell("memory afterwards / at rest", memory_of(app.pid) / at_rest, MEMORY)
        tell(
            "wrong answers afterwards",
            sum(ask(client_of(app.url), q) != a for q, a in zip(QUESTIONS, right, strict=True)),
            0,
        )
    sys.exit(1 if missed else 0)


def _percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share)) if values else float("nan")


if __name__ == "__main__":
    main()
