"""What may not happen, whatever is asked."""

import asyncio
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.conftest import PASSED_BY_ALL, ROOT
from tests.hostile.mutated import Asked

# Words of the machine that no answer may hold: tracebacks, and where the project and its packages lie.
SECRETS = ("Traceback (most recent call last)", str(ROOT), sys.prefix, "site-packages", "root:x:0:0")
# What others' routes answer with a status of 500 and above, or break off, by method and path, and why.
OLDER = "an older route, which answers whatever goes wrong with 500"
NO_EVENT = "a stream about an event that there is not, which breaks off"
OF_OTHERS = {
    ("POST", "/gradio_api/run/predict"): OLDER,
    ("POST", "/gradio_api/api/predict"): OLDER,
    ("POST", "/gradio_api/mcp/"): "the package mcp, which answers what is no UTF-8 with 500",
    ("POST", "/gradio_api/component_server"): "Gradio's, which looks for a component before it looks at the form",
    ("GET", "/gradio_api/call/none/x"): NO_EVENT,
    ("GET", "/gradio_api/call/predict/no-such-event"): NO_EVENT,
}
AT_ONCE, PATIENCE = 6, 300.0


@dataclass
class Report:
    """How many requests were answered how, and all that may not happen, each with the request that brought it about."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    of_others: Counter[str] = field(default_factory=Counter)

    def fault(self, asked: Asked, what: str) -> None:
        """Notes what may not happen, or why it may if it is others' doing."""
        if (where := (asked.method, asked.path.partition("?")[0])) in OF_OTHERS:
            self.of_others[f"{' '.join(where)}: {OF_OTHERS[where]}"] += 1
        else:
            self.faults.append(f"{what}: {told(asked)}")

    def __str__(self) -> str:
        lines = [f"{count:6d}  {what}" for what, count in sorted(self.statuses.items())]
        lines += [f"{count:6d}  {what}" for what, count in sorted(self.of_others.items())]
        return "\n".join([*lines, *self.faults, f"{self.statuses.total()} requests, {len(self.faults)} faults"])


async def send_all(url: str, requests: Iterable[Asked], report: Report) -> None:
    """Sends them, a few at once, and judges each answer."""
    waiting = iter(requests)
    limits = httpx.Limits(max_keepalive_connections=0)  # a connection that a refusal has closed is not used again
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=limits) as http:

        async def work() -> None:
            for asked in waiting:
                await send(http, asked, report)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def send(http: httpx.AsyncClient, asked: Asked, report: Report) -> None:
    try:
        answer = await response(http, asked.method, asked.path, asked.body, asked.headers)
    except httpx.HTTPError as error:
        report.statuses[f"{asked.method} broken off"] += 1
        report.fault(asked, f"{type(error).__name__} in place of an answer")
        return
    judge(asked, answer.status_code, answer.text, report)
    if not asked.is_call or answer.status_code != 200:
        report.statuses[f"{asked.method} {answer.status_code}"] += 1
        return
    event = f"{asked.path}/{answer.json()['event_id']}"
    said = (await response(http, "GET", event, b"", {})).text
    judge(asked, 200, said, report)
    report.statuses[outcome(said)] += 1


async def response(http: httpx.AsyncClient, method: str, path: str, body: bytes, headers: dict) -> httpx.Response:
    """A stream without an end, as of a page that stays open, is left after its first bytes."""
    async with http.stream(method, path, content=body, headers=headers) as answer:
        endless = method == "GET" and any(each in path for each in ("/queue/data", "/upload_progress", "/mcp"))
        parts = [part async for part in _parts(answer, first_only=endless)]
    return httpx.Response(
        answer.status_code, content=b"".join(parts), headers={"content-type": "text/plain; charset=utf-8"}
    )


async def _parts(answer: httpx.Response, first_only: bool):
    async for part in answer.aiter_raw():
        yield part
        if first_only:
            return


def outcome(said: str) -> str:
    """How a call ended: with an answer, a sentence, or an error without words."""
    if "event: complete" in said:
        return "call: answered"
    return (
        "call: refused without a word"
        if re.search(r"event: error\s+data: (null|.*\"error\": ?null)", said)
        else "call: refused"
    )


def judge(asked: Asked, status: int, text: str, report: Report) -> None:
    if status >= 500:
        report.fault(asked, f"status {status} and {text[:200]!r}")
    for secret in SECRETS:
        if secret in text:
            at = text.index(secret)
            report.faults.append(f"says {secret!r}: {told(asked)}: …{text[max(0, at - 80) : at + 120]}…")


def told(asked: Asked) -> str:
    return f"{asked.method} {asked.path[:80]} {asked.body[:300]!r}"


def tracebacks_in(log: str) -> tuple[int, int]:
    """How many go through this project's code, and how many only through others' routes.

    What every request passes by is no sign of either.
    """
    found = [each.split("\nINFO")[0] for each in log.split("Traceback (most recent call last)")[1:]]
    lines = [
        [line for line in each.splitlines() if not line.partition('",')[0].endswith(PASSED_BY_ALL)] for each in found
    ]
    own = sum(
        any(f'File "{ROOT}/interpret' in line or f'File "{ROOT}/model' in line for line in each) for each in lines
    )
    return own, len(found) - own


def memory_of(pid: int) -> float:
    """Resident megabytes."""
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1024


def take(requests: Iterable[Asked], count: int) -> Iterable[Asked]:
    return itertools.islice(requests, count)
