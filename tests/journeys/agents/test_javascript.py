"""The app, asked from JavaScript by @gradio/client, from Python and by curl: all get the same."""

import base64
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.answers import CAT, confidences_of, pixels_of
from tests.conftest import EXAMPLES
from tests.docs import DOCS, blocks

CLIENT = "@gradio/client@2.7.0"
ASK = Path(__file__).parent / "ask.mjs"
PICTURE = EXAMPLES / "cat.png"
DATA_URL = f"data:image/png;base64,{base64.b64encode(PICTURE.read_bytes()).decode()}"


def missing(what: str) -> None:
    """Skips, but not where everything has to run."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder in which node finds @gradio/client."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("node and npm are not installed (apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("javascript")
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--no-save", CLIENT]
    try:
        installed = subprocess.run(command, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        missing(f"npm gave no {CLIENT} within 180 seconds")
    if installed.returncode:
        missing(f"npm gave no {CLIENT}: {installed.stderr[-300:]}")
    return folder


def run(folder: Path, script: Path, *arguments: str) -> str:
    """What a script prints."""
    command = ["node", str(shutil.copy(script, folder)), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def javascript(app, folder) -> dict:
    return json.loads(run(folder, ASK, app.url, str(PICTURE)))


def by_curl(url: str, endpoint: str, *arguments: object) -> list:
    address = f"{url.rstrip('/')}/gradio_api/call{endpoint}"
    asked = ["curl", "-s", "-H", "Content-Type: application/json", address, "-d", json.dumps({"data": arguments})]
    event = json.loads(subprocess.run(asked, capture_output=True, check=True, timeout=120).stdout)["event_id"]
    waited = subprocess.run(
        ["curl", "-sN", f"{address}/{event}"], capture_output=True, check=True, text=True, timeout=240
    )
    (line,) = [line for line in waited.stdout.splitlines() if line.startswith("data: ") and line != "data: null"]
    return json.loads(line.removeprefix("data: "))


def test_python_javascript_and_curl_get_the_same_numbers(app, client, javascript):
    if not shutil.which("curl"):
        missing("curl is not installed")
    expected = confidences_of(client.predict(CAT, api_name="/predict"))
    assert len(expected) == 10
    assert confidences_of(javascript["label"]) == expected
    assert confidences_of(by_curl(app.url, "/predict", {"url": DATA_URL}, "crop")[0]) == expected


def test_javascript_gets_the_same_picture_and_sentence_as_python(client, javascript):
    _, overlay, _, sentence, _ = client.predict(CAT, top_k=10, api_name="/gradcam")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(javascript["overlay"]))).convert("RGB"))
    assert np.array_equal(pixels, pixels_of(overlay))
    assert javascript["sentence"] == sentence


def test_javascript_is_told_what_is_wrong(javascript):
    assert javascript["refused"].startswith("class_name (Explain): 'zebra' is not one of the choices.")


def test_calling_the_app_from_javascript_works_as_written(app, folder, tmp_path):
    (code,) = blocks(DOCS / "api.md", "javascript")
    script = tmp_path / "written.mjs"
    written = code.replace("http://127.0.0.1:7860", app.url).replace("https://example.com/cat.png", DATA_URL)
    script.write_text(f"{written}\nprocess.exit(0);\n")
    assert "evidence for cat" in run(folder, script)
