"""A stranger's way: what README and documents say to type, typed into a fresh clone.

What the README says, and what takes moments, always; all else where EXHAUSTIVE is set, which takes an hour. The
packages are those that run this test: `.ci/run` has just installed them as the README says.
"""

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, upload, wait_for_address
from tests.docs import DOCUMENTS, commands
from tests.journeys import digits_in_folders

USER, PATIENCE = "ada", 1_800.0 if os.environ.get("EXHAUSTIVE") else 500.0
pytestmark = pytest.mark.timeout(2 * PATIENCE + 120)  # the screenshots of every state take a quarter of an hour
README = ROOT / "README.md"
# Why a line, or a part of it, is not typed here.
ELSEWHERE = {
    r"pip install (pre-commit|-r requirements-dev\.txt|--require-hashes .*)": "fetches packages",
    r"uv pip compile .*|apt-get .*|pre-commit .*": "needs packages that are not required",
    r"python -m venv .*|\. \.venv/bin/activate": "the packages are installed already",
    r"hf auth login": "asks for a token at a terminal",
    r"pytest.*|python -m tests\.(busy|hostile|load).*": "takes long",
    r"mypy|ruff .*": "`.ci/run` does it on the same tree",
    r"curl .*": "tests/docs/test_calls.py sends it",
    r"python benchmarks/.*": "judges seconds: tests/journeys/test_busy.py and benchmarks are run alone",
    r"python training/check_explanations\.py .*": "takes the whole of CIFAR-10 and hours",
}
SERVERS = r"python app\.py|python -m tests\.stand_in_hub|tensorboard .*"
MOMENTS = r"pip install .*|python (training/train|deploy)\.py --help|python -m tests\.(architecture|stand_in_hub)"
ADDRESS = r"(https?://(?:localhost|127\.0\.0\.1):\d+\S*)"
EXCERPT, OWN = "tests/data/cifar10_subset", "path/to/leaves"


def parts_of(document: Path) -> list[str]:
    return [part.strip() for command in commands(document) for part in command.split("&&")]


def without_variables(part: str) -> str:
    return re.sub(r"^([A-Z0-9_]+=\S+ )+", "", part)


def is_elsewhere(part: str) -> bool:
    return any(re.fullmatch(pattern, without_variables(part)) for pattern in ELSEWHERE)


LINES = list(dict.fromkeys(itertools.chain.from_iterable(map(parts_of, DOCUMENTS))))
TYPED = [part for part in LINES if not is_elsewhere(part)]
ALWAYS = [
    part
    for part in TYPED
    if (part in parts_of(README) and f"{part} --push" not in TYPED) or re.fullmatch(MOMENTS, without_variables(part))
]
CHOSEN = TYPED if os.environ.get("EXHAUSTIVE") else ALWAYS


@dataclass(frozen=True)
class Clone:
    """A fresh checkout, somebody's home, and pictures of their own."""

    folder: Path
    home: Path
    leaves: Path

    def environment(self) -> dict[str, str]:
        ours = ("GRADIO_", "PYTHONPATH", "CIFAR10_DIR")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "PATH": path, "HOME": str(self.home)}

    def start(self, line: str, output: int) -> "subprocess.Popen[str]":
        environment = {"CIFAR10_DIR": EXCERPT if "inspect_data" in line else str(self.leaves), **self.environment()}
        return subprocess.Popen(
            ["bash", "-c", line], cwd=self.folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def typed(self, line: str) -> tuple[int, str]:
        """Its exit status and all that it said."""
        process = self.start(line, subprocess.PIPE)
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, said

    def with_names(self, part: str) -> str:
        """The line with this clone's own names in the places that the documents leave open."""
        run = max((self.folder / "runs").glob("*/release"), default=None) if "runs/name" in part else None
        filled = part.replace("runs/name/release", f"runs/{run.parent.name}/release" if run else "")
        filled = filled.replace("name/cifar-xray", f"{USER}/cifar-xray").replace("path/to/cifar10", EXCERPT)
        return filled.replace(OWN, shlex.quote(str(self.leaves)))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("walk")
    found = subprocess.run(["git", "clone", "-q", ROOT, folder / "clone"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"there is nothing to clone: {found.stderr.strip()}")
    (folder / "home").mkdir()
    digits_in_folders(folder / "leaves")
    return Clone(folder / "clone", folder / "home", folder / "leaves")


@pytest.fixture
def trained(clone: Clone) -> Clone:
    """The clone after the README's first run."""
    if not list((clone.folder / "runs").glob("*/release")):
        code, said = clone.typed("python training/train.py")
        assert code == 0, said
    return clone


def arranged(part: str, clone: Clone, hub, small_releases, request) -> None:
    """What the documents say or suppose to be there before the line is typed."""
    if re.search(r"runs/name|--resume|--from-checkpoint|--logdir", part):
        request.getfixturevalue("trained")
    if "name/cifar-xray" in part:
        hub.model(f"{USER}/cifar-xray").tags["v2"] = upload(hub, f"{USER}/cifar-xray", small_releases[0])
    if "--from-checkpoint" in part:
        last = next((clone.folder / "runs").glob("*/checkpoints/last.ckpt"))
        shutil.copy(last, clone.folder)


@contextmanager
def answering(clone: Clone, line: str, log: Path) -> Iterator[str]:
    """The address that a server prints, once it answers there."""
    with log.open("w") as output:
        process = clone.start(line, output.fileno())
    try:
        yield wait_for_address(process, log, PATIENCE, ADDRESS)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


@pytest.mark.parametrize("part", CHOSEN)
def test_what_the_documents_say_to_type_works_in_a_fresh_clone(part, clone, hub, small_releases, tmp_path, request):
    arranged(part, clone, hub, small_releases, request)
    line = clone.with_names(part)
    if re.fullmatch(SERVERS, without_variables(part)):
        with answering(clone, line, tmp_path / "log.txt") as url:
            assert status_of(url) < 500
        return
    code, said = clone.typed(line)
    assert code == 0, said
    assert "Traceback" not in said


def test_every_line_is_typed_here_or_it_is_said_why_not():
    assert {"python app.py", "python training/train.py --push"} <= set(ALWAYS) <= set(TYPED)
    unused = [each for each in ELSEWHERE if not any(re.fullmatch(each, without_variables(line)) for line in LINES)]
    assert unused == []
