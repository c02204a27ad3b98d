"""Every request of a push and of a start, met with every fault, once and always.

After each push the repository holds the old commit or the whole new one; after each start a verified release is served,
and it is said which. `pytest tests/journeys/test_hub_faults.py` holds us to it and prints the counts.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants

from model.choice import choose_release
from model.hub import HubError, check_target, limit_waiting
from training.releasing.publish import load_verified_release, publish

from .server import StandInHub

REPO = "ada/cifar-xray"
PATIENCE, PATIENCE_WITH_HANGING = 4.0, 0.5
SECONDS = PATIENCE + 4  # a start may take this long on a busy machine


def empty_cache() -> None:
    """Sets the cache aside before it is removed: a download that was given up on may still be writing into it."""
    aside = Path(f"{constants.HF_HUB_CACHE}-{time.monotonic_ns()}")
    with suppress(FileNotFoundError):
        Path(constants.HF_HUB_CACHE).rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


@dataclass(frozen=True)
class Case:
    """A fault met by one request, once or always. `request` is (its line, how many of that line came before)."""

    request: tuple[str, int]
    fault: str
    always: bool

    def arrange(self, hub: StandInHub) -> None:
        limit_waiting(0.3 if self.fault == "hang" else 10)
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
        limit_waiting(10)
        self.push()
        return numbered(self.hub.requests), self.hub.model(REPO).files

    def push(self) -> None:
        publish(load_verified_release(self.new), check_target(REPO, default_name=""))

    def outcome_of_push(self, case: Case, whole: dict[str, bytes]) -> str:
        """ "pushed", "pushed, unconfirmed" or "refused". Raises AssertionError if a promise is broken."""
        self.hub_with_old_release()
        before = dict(self.hub.model(REPO).files)
        case.arrange(self.hub)
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
            assert choose_release(REPO).commit == old
            shutil.copytree(constants.HF_HUB_CACHE, self.kept_cache, symlinks=True)
        new = self.upload(self.hub, REPO, self.new)
        self.hub.requests.clear()
        return old, new

    def requests_of_start(self) -> list[tuple[str, int]]:
        self.cache_old_release()
        choose_release(REPO)
        return numbered(self.hub.requests)

    def outcome_of_start(self, case: Case, *, cached: bool) -> str:
        """ "new", "last verified" or "bundled". Raises AssertionError if a promise is broken."""
        old, new = self.cache_old_release()
        if not cached:
            empty_cache()
        case.arrange(self.hub)
        start = time.monotonic()
        choice = choose_release(REPO, patience=PATIENCE_WITH_HANGING if case.fault == "hang" else PATIENCE)
        assert time.monotonic() - start < SECONDS, f"{case}: too late"
        if choice.problem is None:
            assert choice.commit == new, f"{case}: another release, and nothing said"
            return "new"
        assert len(choice.problem) < 400 and REPO in choice.problem, choice.problem
        if cached:
            assert choice.commit == old, f"{case}: there was a verified release of this repository"
            return "last verified"
        assert choice.origin == "bundled", case
        return "bundled"
