"""The whole way, by the commands that users type: train, push to the Hub, serve from there."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from huggingface_hub import constants, list_repo_files

from interpret.prediction import predict
from model.choice import PATIENCE
from model.images import prepare, to_tensor
from model.release import BUNDLED, load_release
from tests.answers import confidences_of
from tests.conftest import EXAMPLES, ROOT, SUBSET, client_of, running_app

REPO = "ada/cifar-xray"
SHORT = ["--data-dir", str(SUBSET), "--epochs", "1", "--batch-size", "50", "--validation-images", "20"]
ON_CPU = ["--accelerator", "cpu", "--precision", "32-true"]


def train(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/train.py", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, env=variables)


def test_a_run_that_was_pushed_is_what_the_app_serves(hub, tmp_path: Path):
    result = train(*SHORT, *ON_CPU, "--out", str(tmp_path / "runs"), "--push", "--allow-excerpt")
    assert result.returncode == 0, result.stderr
    assert f"Pushed: {hub.url}/{REPO}" in result.stderr
    assert not [name for name in list_repo_files(REPO) if name.endswith((".ckpt", ".bin", ".pt", ".pkl"))]

    (folder,) = (tmp_path / "runs").glob("*/release")
    release = load_release(folder)
    commit = hub.model(REPO).refs["main"]
    with running_app(tmp_path, MODEL_REPO_ID=REPO) as app:
        client = client_of(app.url)
        label = client.predict(handle_file(str(EXAMPLES / "cat.png")), api_name="/predict")
        about = client.predict(api_name="/release")
        *_, sentence = client.predict(5, api_name="/misclassified")
    _, probabilities = predict(release.network, to_tensor(prepare(EXAMPLES / "cat.png")[None]))
    expected = dict(zip(release.config.class_names, probabilities[0].tolist(), strict=True))
    assert confidences_of(label) == pytest.approx(expected, abs=1e-6)
    assert (about["release"], about["commit"], about["problem"]) == (release.identifier, commit, None)
    assert f"{len(release.misclassified)} of 60 test pictures" in sentence

    secrets = [path for path in tmp_path.rglob("*") if path.is_file() and b"hf_writer" in path.read_bytes()]
    assert not secrets and "hf_writer" not in result.stdout + result.stderr


def test_a_push_that_fails_costs_nothing_and_says_how_to_go_on(hub, tmp_path: Path):
    hub.fault_at[f"POST /api/models/{REPO}/preupload/main"] = "403"
    result = train(*SHORT, *ON_CPU, "--out", str(tmp_path), "--push", "--allow-excerpt")
    (release,) = tmp_path.glob("*/release")
    assert result.returncode == 1
    assert "the token does not allow this" in result.stderr and "Traceback" not in result.stderr
    again = f"python training/train.py --push-only {release} --repo-id {REPO} --allow-excerpt"
    assert again in result.stderr
    hub.fault_at.clear()
    assert train(*again.split()[2:]).returncode == 0
    assert "model.safetensors" in list_repo_files(REPO)


def test_without_a_token_a_push_is_refused_before_anything_is_loaded(tmp_path: Path):
    result = train(
        *SHORT, "--out", str(tmp_path), "--push", "--allow-excerpt", HF_TOKEN="", PYTHONPROFILEIMPORTTIME="1"
    )
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "huggingface_hub" in imported and not imported & {"torch", "numpy", "pytorch_lightning"}
    assert "https://huggingface.co/settings/tokens" in result.stderr and "HF_TOKEN" in result.stderr
    assert result.returncode == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--repo-id", "ada/x"], "--repo-id belongs to --push or --push-only"),
        (["--private"], "--private belongs to --push or --push-only"),
        (["--push", "--find-lr"], "--find-lr makes no release"),
        (["--push", "--push-only", str(BUNDLED)], "not allowed with argument"),
        (["--push", "--data-dir", "/no/such/data"], "No data in /no/such/data: there is no such file or folder"),
        (["--push", "--data-dir", str(SUBSET)], "is an excerpt of CIFAR-10, and a release made from one is not pushed"),
        (["--push", "--resume", "no.ckpt"], "There is no checkpoint no.ckpt"),
        (["--push-only", "/no/such/release"], "is no release that could be pushed"),
    ],
)
def test_options_that_make_no_sense_get_one_clear_sentence(hub, arguments, sentence):
    result = train(*arguments)
    assert result.returncode in (1, 2)
    assert sentence in result.stderr and "Traceback" not in result.stderr
    assert not hub.repositories.all


def page_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=120) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> float:
    """Seconds to the first page that this machine may take at present if no Hub is asked: twice what it just took."""
    with running_app(tmp_path_factory.mktemp("usual")) as app:
        return 2 * app.seconds_to_first_page


@pytest.mark.alone
def test_a_hub_that_cannot_be_reached_delays_the_first_page_by_seconds_and_the_page_says_so(usual, tmp_path: Path):
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "empty"), "MODEL_REPO_ID": REPO}
    with running_app(tmp_path, **environment) as app:
        assert app.seconds_to_first_page < usual + PATIENCE
        problem = f"{REPO} could not be served: the Hub at http://127.0.0.1:9 could not be reached"
        assert f"(bundled): {problem}." in page_of(app.url)
        assert problem in app.log.read_text()
        client = client_of(app.url)
        assert client.predict(api_name="/release")["problem"] == problem
        endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
        assert all(problem in each["description"] for name, each in endpoints.items() if name != "/release")
        with pytest.raises(AppError, match="could not be reached"):
            client.predict(None, api_name="/predict")


@pytest.mark.alone
def test_a_hub_that_hangs_delays_the_first_page_by_seconds(usual, hub, tmp_path: Path):
    hub.fault_at[f"GET /api/models/{REPO}"] = "hang"
    with running_app(tmp_path, MODEL_REPO_ID=REPO) as app:
        assert app.seconds_to_first_page < usual + PATIENCE
        assert "in time; a restart tries again" in page_of(app.url)


def test_a_local_release_folder_is_served_where_a_repository_would_be(tmp_path: Path):
    with running_app(tmp_path, MODEL_REPO_ID=str(BUNDLED)) as app:
        about = client_of(app.url).predict(api_name="/release")
    assert about["origin"] == f"from {BUNDLED}" and about["problem"] is None


def test_the_cache_of_the_tests_is_not_the_users():
    assert constants.HF_HOME.startswith(os.environ["HF_HOME"])
