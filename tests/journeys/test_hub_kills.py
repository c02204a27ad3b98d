"""A push and a download, killed at every request and at random moments: both sides stay usable."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from model.choice import choose_release
from model.hub import check_target
from tests.conftest import ROOT, upload
from training.releasing.publish import load_verified_release, publish

REPO = "ada/cifar-xray"
RANDOM_KILLS = 20


class Victim:
    """Starts children, and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.say("ready")

    def say(self, expected: str | None = None) -> str:
        said = self.process.stdout.readline().strip()  # type: ignore[union-attr]
        assert expected in (None, said), said
        return said

    def start(self, command: str) -> int:
        self.process.stdin.write(f"{command}\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        return int(self.say())

    def run(self, command: str) -> float:
        """Seconds that it takes if nobody kills it."""
        begun = time.monotonic()
        self.start(command)
        self.say("0")
        return time.monotonic() - begun

    def kill_after(self, command: str, seconds: float) -> bool:
        """Whether it was still at work."""
        child = self.start(command)
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.say() == str(int(signal.SIGKILL))

    def kill_at_request(self, hub, command: str, number: int) -> None:
        started, child = threading.Event(), 0

        def kill(line: str) -> None:
            if len(hub.requests) > number and started.wait(120):
                os.kill(child, signal.SIGKILL)

        hub.requests.clear()
        hub.on_request = kill
        child = self.start(command)
        started.set()
        assert self.say() == str(int(signal.SIGKILL))
        hub.on_request = lambda line: None


@pytest.fixture
def victim(hub) -> Iterator[Victim]:
    command = [sys.executable, "-m", "tests.stand_in_hub.victim"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Victim(process)
        process.kill()


def kill_everywhere(hub, victim: Victim, command: str, prepare: Callable[[], object], check: Callable[[], None]) -> int:
    """Kills the command at each of its requests, and at random moments. Returns how often."""
    prepare()
    hub.requests.clear()
    seconds = victim.run(command)
    requests = len(hub.requests)
    for number in range(requests):
        prepare()
        victim.kill_at_request(hub, command, number)
        check()
    chance = random.Random(0)
    random_kills = 0
    while random_kills < RANDOM_KILLS:
        prepare()
        random_kills += victim.kill_after(command, chance.uniform(0, seconds))
        check()
    return requests + random_kills


def test_a_push_that_is_killed_leaves_the_old_release_or_the_whole_new_one_and_can_be_repeated(
    hub, victim, small_releases
):
    old, new = small_releases

    def push() -> None:
        publish(load_verified_release(new), check_target(REPO, default_name=""))

    def prepare() -> dict[str, bytes]:
        hub.reset()
        upload(hub, REPO, old)
        return dict(hub.model(REPO).files)

    before = prepare()
    push()
    whole = dict(hub.model(REPO).files)

    def check() -> None:
        assert hub.model(REPO).files in (before, whole)
        push()
        assert hub.model(REPO).files == whole

    assert kill_everywhere(hub, victim, f"push {new}", prepare, check) >= 20


def test_a_download_that_is_killed_leaves_a_cache_that_serves_the_release(hub, victim, small_releases):
    commit = upload(hub, REPO, small_releases[0])

    def prepare() -> None:
        shutil.rmtree(Path(constants.HF_HUB_CACHE), ignore_errors=True)

    def check() -> None:
        choice = choose_release(REPO, patience=120)
        assert (choice.commit, choice.problem) == (commit, None)

    assert kill_everywhere(hub, victim, f"start {REPO}", prepare, check) >= 20
