"""Fixtures shared by all tests. Shapes in annotations are checked at run time, by beartype, in every test."""

import asyncio
import dataclasses
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

# The Hub is played by a stand-in on loopback; the client reads all this when it is imported, and so do child processes.
with socket.socket() as free_port:
    free_port.bind(("127.0.0.1", 0))
    HUB_PORT = free_port.getsockname()[1]
HUB_HOME = tempfile.TemporaryDirectory(prefix="hub-home-")
os.environ.update(
    HF_ENDPOINT=f"http://127.0.0.1:{HUB_PORT}",
    HF_HOME=HUB_HOME.name,
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_ETAG_TIMEOUT="60",  # a busy machine answers late
    HF_HUB_DOWNLOAD_TIMEOUT="60",
)
for variable in ("HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "MODEL_REPO_ID", "MODEL_REVISION"):
    os.environ.pop(variable, None)

from jaxtyping import install_import_hook

import tests.typecheck  # noqa: F401 - the hook finds it by name

install_import_hook(["model", "interpret", "training"], "tests.typecheck.check")

import httpx
import numpy as np
import pytest
import torch
from gradio_client import Client

from interpret.explainer import Explainer, explainer_for
from interpret.tabs.page.blocks import Page
from interpret.tabs.page.served import ServedRelease, serve
from model.choice import Choice
from model.hub import limit_waiting
from model.images import prepare, to_tensor
from model.network import CifarResNet
from model.release import (
    BUNDLED,
    Release,
    load_release,
    save_metrics,
    save_weights,
    seal,
)
from model.samples import Misclassified, save_misclassified
from tests.browsing import browser, visit  # noqa: F401 - fixtures
from tests.small_releases import three_errors
from tests.stand_in_hub.server import StandInHub, stand_in_hub
from training.data.cifar10 import load_cifar10
from training.data.split import Split

ROOT = Path(__file__).resolve().parent.parent
SUBSET = ROOT / "tests" / "data" / "cifar10_subset"
EXAMPLES = ROOT / "examples"
PASSED_BY_ALL = ("checked_calls.py", "kept_pages.py")  # every request passes through these
NAMED = r"Running on local URL:\s+(http://\S+)"


@pytest.fixture(scope="session")
def release() -> Release:
    return load_release(BUNDLED)


@pytest.fixture(scope="session")
def network(release: Release) -> CifarResNet:
    return release.network


@pytest.fixture(scope="session")
def explainer(release: Release) -> Explainer:
    return explainer_for(release)


@pytest.fixture(scope="session")
def served(release: Release) -> ServedRelease:
    return serve(Choice(release, "bundled"))


@pytest.fixture
def samples() -> Misclassified:
    return three_errors()


@pytest.fixture(scope="session")
def cat_pixels() -> np.ndarray:
    return prepare(EXAMPLES / "cat.png")


@pytest.fixture(scope="session")
def cat(cat_pixels: np.ndarray) -> torch.Tensor:
    return to_tensor(cat_pixels[None])


@pytest.fixture(scope="session")
def whole_data() -> tuple[Split, Split]:
    """CIFAR-10's training and test pictures, verified: half a minute, so once."""
    folder = os.environ.get("CIFAR10_DIR")
    if not folder or not (Path(folder) / "plain_text").is_dir():
        pytest.skip("needs the whole of CIFAR-10: name its folder in CIFAR10_DIR")
    return load_cifar10(folder)


@pytest.fixture(scope="session")
def hub_server() -> Iterator[StandInHub]:
    with stand_in_hub(HUB_PORT) as hub:
        yield hub


@pytest.fixture
def hub(hub_server: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """An empty Hub, an empty cache, and the token of somebody who may write."""
    hub_server.reset()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_writer")
    client = "huggingface_hub.constants"
    for limit in ("model.hub.READING_PATIENCE", f"{client}.HF_HUB_ETAG_TIMEOUT", f"{client}.HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(limit, 60)  # what a test changes is set right again
    limit_waiting()
    yield hub_server
    hub_server.reset()
    limit_waiting()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def git_blob_id(content: bytes) -> str:
    """As git itself computes it."""
    command = ["git", "hash-object", "--stdin"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode().strip()


def upload(hub: StandInHub, repo_id: str, folder: Path) -> str:
    """Puts a release folder into a repository without the client, and returns the commit."""
    repository = hub.repositories.all.get(("model", repo_id)) or hub.repositories.create("model", repo_id)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return repository.commit(files, "a release").sha


@pytest.fixture(scope="session")
def small_releases(release: Release, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sound releases that have no file in common, with few errors, so that they load fast."""
    return tuple(make_release(release, tmp_path_factory.mktemp("release"), errors) for errors in (6, 9))  # type: ignore


def make_release(release: Release, folder: Path, errors: int) -> Path:
    """A sound release of slightly other weights, with the first `errors` errors of the given one."""
    network = CifarResNet(release.config)
    network.load_state_dict({k: v * (1 + errors / 1000) for k, v in release.network.state_dict().items()})
    save_weights(network, folder)
    samples = release.misclassified
    fields = ("images", "test_indices", "labels", "predictions", "probabilities")
    few = Misclassified(*(getattr(samples, name)[:errors] for name in fields))
    save_misclassified(few, release.config.class_names, folder)
    test = dataclasses.replace(release.metrics.test, count=10_000, errors=errors, accuracy=1 - errors / 10_000)
    save_metrics(dataclasses.replace(release.metrics, test=test), folder)
    seal(dataclasses.replace(release.config, temperature=1 + errors / 100), folder)
    (folder / "figures").mkdir()
    shutil.copy(BUNDLED / "figures" / "reliability.png", folder / "figures")
    (folder / "README.md").write_text("A card.")
    return folder


FAULT_COUNTS: dict[tuple[str, str, bool], Counter[str]] = {}


@pytest.fixture(scope="session")
def fault_counts() -> dict[tuple[str, str, bool], Counter[str]]:
    return FAULT_COUNTS


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes hands over what it counted."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["fault_counts"] = [(*key, dict(counts)) for key, counts in FAULT_COUNTS.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    for *key, counts in getattr(node, "workeroutput", {}).get("fault_counts", []):
        FAULT_COUNTS[tuple(key)] = Counter(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what became of each request that met a fault."""
    if not FAULT_COUNTS:
        return
    terminalreporter.section("faults of the Hub")
    total = sum(sum(outcomes.values()) for outcomes in FAULT_COUNTS.values())
    for (what, fault, always), outcomes in sorted(FAULT_COUNTS.items()):
        counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminalreporter.line(f"{what:24}{fault:14}{'always' if always else 'once':8}{counted}")
    terminalreporter.line(f"{total} cases hold")


@dataclass(frozen=True)
class RunningApp:
    url: str
    pid: int
    log: Path
    held: Path
    seconds_to_first_page: float


@contextmanager
def running_app(folder: Path, root: Path = ROOT, **environment: str) -> Iterator[RunningApp]:
    """`python app.py`, as a user starts it, with these environment variables."""
    inherited = {key: value for key, value in os.environ.items() if key != "GRADIO_SERVER_PORT"}
    log, held = folder / "app.log", folder / "held"
    holding = {"PYTHONPATH": str(ROOT / "tests" / "holding"), "HELD": str(held)}
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "app.py"],
            cwd=root,
            env={**inherited, "GRADIO_TEMP_DIR": str(folder / "gradio"), **holding, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = wait_for_address(process, log)
        yield RunningApp(url, process.pid, log, held, time.monotonic() - started)
    finally:
        process.terminate()
        process.wait(timeout=120)
    assert process.returncode == 0
    # Gradio logs its own refusals of sliders and dropdowns; a traceback through this project's code is an accident.
    lines = [line for line in log.read_text().splitlines() if not line.partition('",')[0].endswith(PASSED_BY_ALL)]
    accidents = [line for line in lines if f'File "{ROOT}/interpret' in line]
    assert not accidents, accidents


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on the bundled release."""
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty page to build on. Gradio makes an event loop for each of its locks and closes none: here they share
    one."""
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: loop)
    with Page() as demo:
        yield demo
    asyncio.set_event_loop(None)
    loop.close()


def client_of(url: str, downloads: Path | None = None) -> Client:
    """Somebody with a session of their own who calls the API, and waits as long as a busy machine takes."""
    folder = False if downloads is None else str(downloads)
    return Client(url, verbose=False, download_files=folder, httpx_kwargs={"timeout": 120})


@pytest.fixture(scope="module")
def client(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return client_of(app.url, tmp_path_factory.mktemp("downloads"))


def wait_for_address(process: subprocess.Popen[Any], log: Path, seconds: float = 400, named: str = NAMED) -> str:
    """What a server has logged as its address, once it answers there, with whatever status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(named, log.read_text()):
            with suppress(httpx.TransportError):
                httpx.get(found[1], timeout=60)
                return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"There was no answer:\n{log.read_text()}")
