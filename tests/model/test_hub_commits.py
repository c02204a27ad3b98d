import time

import pytest
from huggingface_hub.errors import HFValidationError, RevisionNotFoundError

from model.hub import fetch
from model.hub_commits import commit_of, matches_its_hash
from model.hub_errors import HubError
from tests.conftest import git_blob_id

REPO = "ada/cifar-xray"
pytestmark = pytest.mark.usefixtures("no_waiting")


def named(revision: str | None) -> str:
    return commit_of(REPO, revision, time.monotonic() + 60)


@pytest.fixture
def repository(hub):
    repository = hub.repositories.create("model", REPO)
    for content in (b"1", b"2", b"3"):
        repository.commit({"config.json": content}, "another")
    return repository


def test_a_cached_file_is_held_to_the_git_hash_that_names_it(tmp_path):
    path = tmp_path / git_blob_id(b"content")
    path.write_bytes(b"content")
    assert matches_its_hash(path)
    path.write_bytes(b"damaged")
    assert not matches_its_hash(path)


def test_a_file_whose_name_is_no_hash_cannot_be_checked_and_passes(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert matches_its_hash(tmp_path / "config.json")


def test_a_commit_is_known_by_its_first_seven_digits_wherever_it_lies(repository):
    first, *_, last = repository.commits
    repository.refs["dev"] = first
    aside = repository.commit({"config.json": b"4"}, "aside", branch="dev").sha
    repository.refs["dev"] = first
    repository.tags["v1"] = aside
    assert [named(sha[:7]) for sha in (first, last, aside)] == [first, last, aside]


def test_a_tag_of_digits_is_that_tag_and_not_a_commit(repository):
    first, *_, last = repository.commits
    repository.tags[last[:7]] = first
    assert named(last[:7]) == first


def test_digits_that_begin_several_commits_are_said_to(repository):
    for digit in "12":
        sha = "abcdef0" + digit * 33
        repository.tags[digit] = sha
    with pytest.raises(HubError, match=r"^abcdef0 begins 2 commits; give more of its digits$"):
        named("abcdef0")
    assert named("abcdef01") == "abcdef0" + "1" * 33


@pytest.mark.parametrize("revision", ["v9", "abcdef0", "abcdef"])
def test_what_names_nothing_is_not_found(repository, revision):
    with pytest.raises(RevisionNotFoundError):
        named(revision)


def test_a_commit_that_is_cached_is_known_by_its_first_digits_without_a_question(hub, repository):
    commit = list(repository.commits)[1]
    fetch(REPO, commit, ["config.json"], time.monotonic() + 60)
    hub.requests.clear()
    assert (named(commit[:7]), named(commit)) == (commit, commit)
    assert hub.requests == []


def test_half_a_name_is_none(hub):
    with pytest.raises(HFValidationError):
        commit_of("cifar-xray", "0" * 40, time.monotonic() + 60)
    assert hub.requests == []
