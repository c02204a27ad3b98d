"""`python -m tests.hostile`: so many hostile requests, from a seed. Exits with 1 if something happened that may not."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.answers import CAT
from tests.conftest import client_of, running_app
from tests.hostile.judged import Report, memory_of, send_all, take, tracebacks_in
from tests.hostile.mutated import hostile_requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, metavar="FILE", help="where to keep what the app logged")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        before = right_answer(app.url)
        requests = hostile_requests(options.seed)
        asyncio.run(send_all(app.url, take(requests, options.requests // 5), report))
        warm = memory_of(app.pid)
        asyncio.run(send_all(app.url, take(requests, options.requests - options.requests // 5), report))
        grown = memory_of(app.pid) / warm
        if right_answer(app.url) != before:
            report.faults.append("The next right question had another answer.")
        log = app.log.read_text()
        tracebacks, of_others = tracebacks_in(log)
        sys.stdout.write(f"{report}\nmemory: {grown:.3f} times what it was after a fifth of the requests; ")
        sys.stdout.write(f"tracebacks in the log: {tracebacks} of this project, {of_others} of others' routes\n")
        if options.log:
            options.log.write_text(log)
    sys.exit(1 if report.faults or tracebacks or grown > 1.1 else 0)


def right_answer(url: str) -> object:
    client = client_of(url)
    return client.predict(CAT, api_name="/predict"), client.predict(CAT, api_name="/gradcam")[2:]


if __name__ == "__main__":
    main()
