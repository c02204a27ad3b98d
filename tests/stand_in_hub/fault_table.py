"""Every request of a push and of a start, met with every fault, once and always.

After each push the repository holds the old commit or the whole new one; after each start a verified release is served,
and it is said which. `pytest tests/journeys/test_hub_faults.py` holds us to it and prints the counts.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from huggingface_hub import constants

import model.hub
from model.choice import choose_release
from model.hub import HubError, check_target, limit_waiting
from model.release import Release
from model.retry import by_deadline
from training.releasing.publish import load_verified_release, publish

from .server import StandInHub

REPO = "ada/cifar-xray"
# Whoever waits for a request that hangs waits in vain, so not long; for any other, as long as a busy machine takes.
PATIENCE, PATIENCE_WITH_HANGING = 60.0, 0.5
A_BYTE, A_BYTE_WITH_HANGING = 60.0, 0.3


def empty_cache() -> None:
    """Sets the cache aside before it is removed: a download that was given up on may still be writing into it."""
    aside = Path(f"{constants.HF_HUB_CACHE}-{time.monotonic_ns()}")
    with suppress(FileNotFoundError):
        Path(constants.HF_HUB_CACHE).rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Every wait for the Hub is agreed to end within so many seconds of the first: by what is agreed, since a clock
    would judge the machine too. And nothing waits for a request that hangs: it never ends."""
    agreed: list[tuple[float, float]] = []

    def noted(deadline: float, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        agreed.append((time.monotonic(), deadline))
        return by_deadline(deadline, tasks)

    with patch("model.hub.by_deadline", noted), patch("model.hub_commits.by_deadline", noted):
        yield
    begun = agreed[0][0]
    assert max(deadline for _, deadline in agreed) - begun <= seconds, "too late"


def by_deadline_runs_in(thread: threading.Thread) -> bool:
    """Whether it does a task of `by_deadline`, perhaps one that was given up on: Python names threads after it."""
    return "(_settle)" in thread.name


@dataclass(frozen=True)
class Case:
    """A fault met by one request, once or always. `request` is (its line, how many of that line came before)."""

    request: tuple[str, int]
    fault: str
    always: bool

    def arrange(self, hub: StandInHub, seconds: float = A_BYTE) -> None:
        """Nobody waits longer than so many seconds for a byte."""
        limit_waiting(seconds)
        constants.HF_HUB_DOWNLOAD_TIMEOUT = constants.HF_HUB_ETAG_TIMEOUT = seconds
        model.hub.READING_PATIENCE = 10 * seconds
        hub.fault_at[self.request[0] if self.always else self.request] = self.fault


def numbered(lines: list[str]) -> list[tuple[str, int]]:
    return [(line, lines[:position].count(line)) for position, line in enumerate(lines)]


@dataclass(frozen=True)
class Stage:
    """A Hub to start from, and two releases."""

    hub: StandInHub
    old: Path
    new: Path
    upload: Callable[[StandInHub, str, Path], str]
    kept_cache: Path

    def hub_with_old_release(self) -> str:
        self.hub.reset()
        empty_cache()
        return self.upload(self.hub, REPO, self.old)

    def requests_of_push(self) -> tuple[list[tuple[str, int]], dict[str, bytes]]:
        """The requests of a push without faults, and what the repository holds after it."""
        self.hub_with_old_release()
        limit_waiting()
        self.push()
        return numbered(self.hub.requests), self.hub.model(REPO).files

    @cached_property
    def verified(self) -> Release:
        """What every push pushes: reading it takes longer than a push, and no fault of the Hub is in it."""
        return load_verified_release(self.new)

    def push(self) -> None:
        publish(self.verified, check_target(REPO, default_name=""))

    def outcome_of_push(self, case: Case, whole: dict[str, bytes]) -> str:
        """ "pushed", "pushed, unconfirmed" or "refused". Raises AssertionError if a promise is broken."""
        self.hub_with_old_release()
        before = dict(self.hub.model(REPO).files)
        case.arrange(self.hub, A_BYTE_WITH_HANGING if case.fault == "hang" else A_BYTE)
        message = None
        try:
            self.push()
        except HubError as error:
            message = str(error)
        after = self.hub.model(REPO).files
        assert after in (before, whole), f"{case}: half a release"
        if message is None:
            assert after == whole, f"{case}: nothing was pushed, and nothing was said"
            return "pushed"
        assert len(message) < 400 and "Traceback" not in message, message
        return "pushed, unconfirmed" if after == whole else "refused"

    def cache_old_release(self) -> tuple[str, str]:
        """Serves the old release, then pushes the new one. Returns both commits."""
        old = self.hub_with_old_release()
        if self.kept_cache.exists():
            shutil.copytree(self.kept_cache, constants.HF_HUB_CACHE, symlinks=True)
        else:
            assert choose_release(REPO, patience=PATIENCE).commit == old
            shutil.copytree(constants.HF_HUB_CACHE, self.kept_cache, symlinks=True)
        new = self.upload(self.hub, REPO, self.new)
        self.hub.requests.clear()
        return old, new

    def requests_of_start(self) -> list[tuple[str, int]]:
        self.cache_old_release()
        choose_release(REPO, patience=PATIENCE)
        return numbered(self.hub.requests)

    def end_what_hangs(self) -> None:
        """Who still waits for a request is refused, so that nobody asks again during the next case."""
        self.hub.on_request = lambda line: "403"
        self.hub.stopping.set()
        for thread in threading.enumerate():
            if by_deadline_runs_in(thread):
                thread.join(A_BYTE)

    def outcome_of_start(self, case: Case, *, cached: bool) -> str:
        """ "new", "last verified" or "bundled". Raises AssertionError if a promise is broken."""
        old, new = self.cache_old_release()
        if not cached:
            empty_cache()
        # A download that a byte's patience ended, and that went on, could be whole just after the start's own patience.
        case.arrange(self.hub)
        patience = PATIENCE_WITH_HANGING if case.fault == "hang" else PATIENCE
        with waiting_at_most(patience):
            choice = choose_release(REPO, patience=patience)
        self.end_what_hangs()
        if choice.problem is None:
            assert choice.commit == new, f"{case}: another release, and nothing said"
            return "new"
        assert len(choice.problem) < 400 and REPO in choice.problem, choice.problem
        if cached:
            assert choice.commit == old, f"{case}: there was a verified release of this repository"
            return "last verified"
        assert choice.origin == "bundled", case
        return "bundled"
