import resource

import pytest
from huggingface_hub import constants

from model.choice import choose_release
from model.hub import check_target, push_files, read_text, remote_files, repository_name
from model.hub_errors import HubError
from model.release import BUNDLED
from tests.conftest import git_blob_id, upload

REPO = "ada/cifar-xray"
pytestmark = pytest.mark.usefixtures("no_waiting")


def test_what_is_pushed_is_listed_by_the_hash_that_git_gives_it_and_read_back(hub):
    push_files(check_target(REPO, default_name=""), {"notes.txt": b"mine"}, "notes", is_ours=lambda path: False)
    target = check_target(REPO, default_name="")
    assert remote_files(target, target.head)["notes.txt"] == git_blob_id(b"mine")
    assert read_text(target, "notes.txt") == "mine"
    assert read_text(target, "nothing.txt") is None


def test_a_text_that_cannot_be_read_is_named(hub):
    push_files(check_target(REPO, default_name=""), {"notes.txt": b"\xff"}, "notes", is_ours=lambda path: False)
    with pytest.raises(HubError, match=r"The notes\.txt of ada/cifar-xray could not be read: it is no UTF-8 text\."):
        read_text(check_target(REPO, default_name=""), "notes.txt")


def test_a_hub_that_cannot_be_reached_is_said_so(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    choice = choose_release(REPO)
    assert choice.release.folder == BUNDLED
    assert "could not be reached" in choice.problem


def test_a_full_disk_is_said_so(hub, small_releases):
    upload(hub, REPO, small_releases[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        choice = choose_release(REPO)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert choice.release.folder == BUNDLED
    assert "there is no space left on the disk" in choice.problem


@pytest.mark.parametrize(
    "typed",
    ["ada/net", " ada/net ", "ada/net/", "https://huggingface.co/ada/net", "huggingface.co/ada/net/tree/main",
     "https://hf.co/ada/net/tree/main/", "$ENDPOINT/ada/net", "https://huggingface.co/spaces/ada/net?logs=build",
     "https://huggingface.co/ada/net#uses"],
)  # fmt: skip
def test_a_repository_is_known_however_people_type_it(typed):
    typed = typed.replace("$ENDPOINT", constants.ENDPOINT)
    assert repository_name(typed) == "ada/net"


def test_another_branch_in_an_address_is_not_dropped_in_silence():
    assert repository_name("ada/net/tree/dev") == "ada/net/tree/dev" and repository_name(None) == ""


def test_a_repository_that_was_renamed_is_written_to_under_its_new_name_and_that_is_said(hub, caplog):
    hub.repositories.create("model", REPO)
    hub.repositories.rename("model", REPO, "ada/x-ray")
    with caplog.at_level("INFO", logger="model.hub"):
        target = check_target(REPO, default_name="")
    assert (target.repo_id, target.head) == ("ada/x-ray", hub.model("ada/x-ray").at("main").sha)
    assert caplog.messages == ["ada/cifar-xray is called ada/x-ray now"]
    assert list(hub.repositories.all) == [("model", "ada/x-ray")]


def test_a_repository_that_is_there_is_asked_for_and_not_created(hub):
    hub.repositories.create("model", REPO)
    check_target(REPO, default_name="")
    assert "POST /api/repos/create" not in hub.requests
