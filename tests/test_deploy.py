"""deploy.py, as a user runs it, against the stand-in Hub."""

import os
import subprocess
import sys

import pytest
from gradio_client import Client
from huggingface_hub import SpaceCard

from deploy import repository_files
from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY
from model.channels.pooled import POOLED
from model.release import BUNDLED
from model.samples import NEAREST, REVIEWS
from tests.conftest import ROOT, running_app, upload
from tests.small_releases import with_tables
from tests.stand_in_hub.repositories import problems_of_card

SPACE, MODEL = "ada/cifar-xray", "ada/weights"


def deploy(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "deploy.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, env={**os.environ, **environment}
    )


@pytest.fixture
def model(hub, small_releases) -> str:
    return upload(hub, MODEL, small_releases[0])


def space_of(hub):
    return hub.repositories.all["space", SPACE]


def test_it_creates_a_space_that_holds_the_repository_in_one_commit(hub):
    result = deploy()
    assert result.returncode == 0, result.stderr
    space = space_of(hub)
    assert len(space.commits) == 2  # the Hub's own first commit, and ours
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    expected = {name for name in tracked if not name.startswith(".")}
    assert expected <= set(space.files)
    assert not [name for name in space.files if "__pycache__" in name or name.endswith((".ckpt", ".log"))]
    assert f"{hub.url}/spaces/{SPACE} holds this repository" in result.stderr


@pytest.mark.parametrize("space", [SPACE, "ada/copy"])
@pytest.mark.parametrize("served", [[], ["--repo-id", MODEL]], ids=["bundled", "named"])
def test_the_card_shows_the_thumbnail_that_this_space_holds_and_is_the_readme_otherwise(hub, model, space, served):
    assert deploy("--space-id", space, *served).returncode == 0
    files = hub.repositories.all["space", space].files
    text, readme = files["README.md"].decode(), (ROOT / "README.md").read_text()
    card, own = (SpaceCard(each).data.to_dict() for each in (text, readme))
    assert card.pop("thumbnail") == f"{hub.url}/spaces/{space}/resolve/main/docs/thumbnail.png"
    assert files["docs/thumbnail.png"] == (ROOT / "docs" / "thumbnail.png").read_bytes()
    assert {**own, **card} == {**card, "models": [MODEL] if served else own["models"]}
    assert problems_of_card(text, "space") == [] and "thumbnail" not in own
    assert text.split("---\n", 2)[2] == readme.split("---\n", 2)[2]


def test_a_release_is_named_as_people_type_it_and_its_commit_by_seven_digits(hub, model):
    upload(hub, MODEL, BUNDLED)
    address = f"{hub.url}/{MODEL}/tree/main"
    assert deploy("--repo-id", address, "--revision", model[:7]).returncode == 0
    space = space_of(hub)
    assert space.variables == {"MODEL_REPO_ID": MODEL, "MODEL_REVISION": model}
    (preloaded,) = SpaceCard(space.files["README.md"].decode()).data["preload_from_hub"]
    assert preloaded.split()[0] == MODEL and preloaded.split()[-1] == model


def test_it_sets_the_variables_and_the_hardware(hub, model):
    assert deploy("--repo-id", MODEL, "--revision", model, "--hardware", "t4-small").returncode == 0
    space = space_of(hub)
    assert space.variables == {"MODEL_REPO_ID": MODEL, "MODEL_REVISION": model}
    assert space.hardware == "t4-small"


def test_the_spaces_card_names_the_release_and_has_it_loaded_at_the_build(hub, model):
    deploy("--repo-id", MODEL)
    text = space_of(hub).files["README.md"].decode()
    card = SpaceCard(text).data.to_dict()
    assert card["models"] == [MODEL]
    assert card["preload_from_hub"] == [f"{MODEL} config.json,model.safetensors,metrics.json,misclassified.parquet"]
    assert (card["python_version"], card["sdk_version"]) == ("3.12", "6.31.0")
    assert problems_of_card(text, "space") == []
    assert text.split("---\n", 2)[2] == (ROOT / "README.md").read_text().split("---\n", 2)[2]


def test_the_optional_tables_that_a_release_has_are_loaded_at_the_build_too(hub, small_releases, tmp_path):
    folder = with_tables(small_releases[0], tmp_path / "release")
    served = "config.json,model.safetensors,metrics.json,misclassified.parquet"
    last = f"{POOLED},{GALLERY},{CHANNELS}"
    for names in (f"{served},{REVIEWS},{NEAREST},{last}", f"{served},{REVIEWS},{last}"):
        upload(hub, MODEL, folder)
        assert deploy("--repo-id", MODEL).returncode == 0
        card = SpaceCard(space_of(hub).files["README.md"].decode()).data.to_dict()
        assert card["preload_from_hub"] == [f"{MODEL} {names}"]
        (folder / NEAREST).unlink(missing_ok=True)


def test_a_private_release_is_not_loaded_at_the_build_and_the_secret_is_asked_for(hub, model):
    hub.model(MODEL).private = True
    result = deploy("--repo-id", MODEL)
    assert "preload_from_hub" not in space_of(hub).files["README.md"].decode()
    assert f"{MODEL} is private: give the Space a secret HF_TOKEN" in result.stderr


def test_an_update_treats_a_private_release_as_its_first_deployment_did(hub, model):
    hub.model(MODEL).private = True
    deploy("--repo-id", MODEL)
    first = space_of(hub).files["README.md"]
    result = deploy()
    assert space_of(hub).files["README.md"] == first
    assert f"{MODEL} is private: give the Space a secret HF_TOKEN" in result.stderr


def test_what_git_does_not_track_stays_at_home(hub):
    secret = ROOT / "tests" / "untracked_secret.txt"
    secret.write_text("mine")
    try:
        deploy()
    finally:
        secret.unlink()
    assert "tests/untracked_secret.txt" not in space_of(hub).files


def test_without_git_only_the_kinds_of_files_that_the_repository_has_are_taken(monkeypatch, tmp_path):
    for name in ("app.py", "credentials.txt", "id_rsa", "model/hub.py", "model/id_rsa", "training/last.ckpt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr("deploy.ROOT", tmp_path)
    assert set(repository_files()) == {"app.py", "model/hub.py"}


def test_without_git_no_file_is_missing_that_git_tracks(monkeypatch):
    with_git = {name for name in repository_files() if not name.startswith("tests/")}
    failed = subprocess.CompletedProcess([], 128, stdout="")
    monkeypatch.setattr("deploy.subprocess.run", lambda *_, **__: failed)
    assert with_git - set(repository_files()) == set()


def test_an_update_keeps_the_release_and_the_hardware_and_other_peoples_files(hub, model):
    deploy("--repo-id", MODEL, "--hardware", "t4-small")
    space = space_of(hub)
    space.commit(space.files | {"notes.txt": b"mine", "model/gone.py": b"old"}, "by hand")
    assert deploy().returncode == 0
    assert space.variables["MODEL_REPO_ID"] == MODEL and space.hardware == "t4-small"
    assert SpaceCard(space.files["README.md"].decode()).data.to_dict()["models"] == [MODEL]
    assert space.files["notes.txt"] == b"mine" and "model/gone.py" not in space.files


def test_a_duplicate_has_the_files_and_the_variables_and_works_without_any(hub, model, tmp_path):
    deploy("--repo-id", MODEL)
    space, folder = space_of(hub), tmp_path / "space"
    for name, content in space.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with running_app(tmp_path, root=folder) as app:
        hub.host_of_spaces = app.url
        client = Client.duplicate(SPACE, "copy", token="hf_writer", verbose=False)
        about = client.predict(api_name="/release")
    copy = hub.repositories.all["space", "ada/copy"]
    assert (copy.files, copy.variables, copy.private) == (space.files, space.variables, True)
    assert (about["origin"], about["problem"]) == ("bundled", None)


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        ([], {"HF_TOKEN": ""}, "Pushing needs a token"),
        ([], {"HF_TOKEN": "hf_reader"}, "the token in use may only read"),
        (["--space-id", "bob/his"], {}, "the token does not allow this"),
        (["--repo-id", "ada/nothing"], {}, "ada/nothing at main cannot be served: there is no such repository"),
        (["--repo-id", "ada/leftover"], {}, "ada/leftover at main cannot be served: it has no config.json"),
        (["--revision", "v2"], {}, "--revision belongs to --repo-id"),
        (["--hardware", "abacus"], {}, "invalid choice: 'abacus'"),
    ],
)
def test_what_cannot_be_deployed_gets_one_clear_sentence(hub, arguments, environment, sentence):
    hub.repositories.create("model", "ada/leftover")
    result = deploy(*arguments, **environment)
    assert result.returncode in (1, 2)
    assert sentence in result.stderr and "Traceback" not in result.stderr
    assert ("space", SPACE) not in hub.repositories.all


def test_a_variable_that_cannot_be_set_is_named_and_a_second_run_mends_it(hub, model):
    hub.fault_at[f"POST /api/spaces/{SPACE}/variables"] = "403"
    result = deploy("--repo-id", MODEL)
    assert "The code is up, but the variable MODEL_REPO_ID could not be set" in result.stderr
    hub.fault_at.clear()
    assert deploy("--repo-id", MODEL).returncode == 0
    assert space_of(hub).variables["MODEL_REPO_ID"] == MODEL
