"""Fixtures shared by all tests. Shapes in annotations are checked at run time, by beartype, in every test."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from jaxtyping import install_import_hook

import tests.typecheck  # noqa: F401 - the hook finds it by name

install_import_hook(["model", "interpret", "training"], "tests.typecheck.check")

import numpy as np
import pytest
import torch

from model.images import prepare, to_tensor
from model.network import CifarResNet
from model.release import BUNDLED, Release, load_release

ROOT = Path(__file__).resolve().parent.parent
SUBSET = ROOT / "tests" / "data" / "cifar10_subset"
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="session")
def release() -> Release:
    return load_release(BUNDLED)


@pytest.fixture(scope="session")
def network(release: Release) -> CifarResNet:
    return release.network


@pytest.fixture(scope="session")
def cat_pixels() -> np.ndarray:
    return prepare(EXAMPLES / "cat.png")


@pytest.fixture(scope="session")
def cat(cat_pixels: np.ndarray) -> torch.Tensor:
    return to_tensor(cat_pixels[None])


@pytest.fixture(scope="session")
def whole_data() -> Path:
    folder = os.environ.get("CIFAR10_DIR") or ROOT.parent / "shared" / "data" / "cifar10"
    if not (Path(folder) / "plain_text").is_dir():
        pytest.skip("needs the whole of CIFAR-10: name its folder in CIFAR10_DIR")
    return Path(folder)


@dataclass(frozen=True)
class RunningApp:
    url: str
    log: Path


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """`python app.py`, as a user starts it."""
    folder = tmp_path_factory.mktemp("app")
    environment = {**os.environ, "GRADIO_SERVER_PORT": "", "GRADIO_TEMP_DIR": str(folder / "gradio")}
    environment.pop("GRADIO_SERVER_PORT")
    log = folder / "app.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield RunningApp(_wait_for_address(process, log), log)
    finally:
        process.terminate()
        process.wait(timeout=20)
    # Gradio logs its own refusals of sliders and dropdowns; a traceback through this project's code is an accident.
    accidents = [line for line in log.read_text().splitlines() if f'File "{ROOT}/interpret' in line]
    assert not accidents, accidents


def _wait_for_address(process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            try:
                with urllib.request.urlopen(found.group(), timeout=5):
                    return found.group()
            except OSError:
                pass
        time.sleep(0.1)
    raise RuntimeError(f"app.py did not start:\n{log.read_text()}")
