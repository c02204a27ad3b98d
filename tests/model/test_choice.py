import json
import shutil

import pytest

from model.choice import PATIENCE, choose_release, fetch_release
from model.hub_errors import HubError
from model.release import BUNDLED, CONFIG, METRICS, SAMPLES, WEIGHTS, load_release
from model.samples import NEAREST
from tests.conftest import upload
from tests.small_releases import with_tables
from tests.stand_in_hub.fault_table import waiting_at_most
from tests.stand_in_hub.repositories import hash_of, is_large

REPO = "ada/cifar-xray"
pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def pushed(hub, small_releases):
    """The commit of a sound release on the Hub."""
    return upload(hub, REPO, small_releases[0])


def rewrite_config(folder, **changes):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | changes))


def test_without_a_repository_the_bundled_release_is_served(release):
    choice = choose_release()
    assert (choice.release.identifier, choice.origin, choice.problem) == (release.identifier, "bundled", None)


def test_a_local_folder_works_where_a_repository_does(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "release")
    choice = choose_release(str(tmp_path / "release"))
    assert choice.release.folder == tmp_path / "release"
    assert (choice.origin, choice.problem) == (f"from {tmp_path / 'release'}", None)


@pytest.mark.parametrize("repo_id", [None, str(BUNDLED)])
def test_a_revision_that_cannot_apply_is_said_to_be_ignored(repo_id):
    assert "revision v2 is ignored" in choose_release(repo_id, "v2").problem


def test_a_damaged_folder_is_not_served_and_the_page_is_told_why(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "release")
    (tmp_path / "release" / "metrics.json").write_text("{}")
    choice = choose_release(str(tmp_path / "release"))
    assert choice.release.folder == BUNDLED
    assert "metrics.json is damaged" in choice.problem


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(hub):
    for name in ("/no/such/release", "~nobody-of-this-name/release"):
        assert f"{name} could not be served: there is no such folder" in choose_release(name).problem
    assert hub.requests == []


def test_a_name_that_no_repository_can_have_is_answered_with_the_bundled_release_and_why(hub):
    for name in ("not/a/repository", "cifar-xray", "app.py", "https://huggingface.co/", f"{'a' * 300}/cifar-xray"):
        choice = choose_release(name)
        assert choice.release.folder == BUNDLED
        assert f"{name} could not be served: that is no name of a repository" in choice.problem
    assert hub.requests == []


@pytest.mark.parametrize("repo_id", [None, "", "  "])
def test_an_empty_variable_means_the_bundled_release(hub, repo_id):
    assert (choose_release(repo_id, " ").origin, hub.requests) == ("bundled", [])


@pytest.mark.parametrize("written", [f" {REPO} ", f"{REPO}/", "{hub}/" + REPO])
def test_a_name_may_be_pasted_with_spaces_or_as_an_address(hub, pushed, written):
    assert choose_release(written.format(hub=hub.url)).commit == pushed


def test_a_repository_is_served_at_the_commit_that_main_names(hub, pushed, small_releases):
    choice = choose_release(REPO)
    assert choice.release.identifier == load_release(small_releases[0]).identifier
    assert (choice.commit, choice.origin, choice.problem) == (pushed, f"{REPO} at {pushed[:7]}", None)


def test_only_the_files_that_the_app_reads_are_fetched_after_one_request_for_the_commit(hub, pushed):
    choose_release(REPO)
    assert hub.requests[0] == f"GET /api/models/{REPO}"
    heads = sorted(line for line in hub.requests if line.startswith("HEAD"))
    assert heads == sorted(f"HEAD /{REPO}/resolve/{pushed}/{name}" for name in (CONFIG, WEIGHTS, METRICS, SAMPLES))
    assert len(hub.requests) == 9


def test_a_cached_commit_is_served_without_any_request_and_a_branch_that_is_at_it_with_one(hub, pushed):
    choose_release(REPO)
    for revision, requests in ((pushed, []), ("main", [f"GET /api/models/{REPO}/revision/main"])):
        hub.requests.clear()
        assert choose_release(REPO, revision).problem is None
        assert hub.requests == requests


def test_the_optional_tables_of_a_release_are_fetched_too(hub, small_releases, tmp_path):
    upload(hub, REPO, with_tables(small_releases[0], tmp_path / "release"))
    release = choose_release(REPO).release
    assert (len(release.reviews), len(release.nearest), release.lacks) == (2, 6, {})


def test_a_release_whose_optional_table_is_not_on_the_hub_is_served_without_it(hub, small_releases, tmp_path):
    folder = with_tables(small_releases[0], tmp_path / "release")
    (folder / NEAREST).unlink()
    upload(hub, REPO, folder)
    choice = choose_release(REPO)
    assert (choice.problem, choice.release.lacks) == (None, {NEAREST: "is not there"})
    assert len(choice.release.reviews) == 2


def test_main_follows_a_new_push_and_a_commit_pins(hub, pushed, small_releases):
    choose_release(REPO)
    new = upload(hub, REPO, small_releases[1])
    assert choose_release(REPO).commit == new
    assert choose_release(REPO, "main").commit == new
    assert choose_release(REPO, pushed).commit == choose_release(REPO, pushed[:7]).commit == pushed


def test_a_tag_and_a_branch_choose_their_commit(hub, pushed, small_releases):
    hub.model(REPO).tags["v1"] = pushed
    upload(hub, REPO, small_releases[1])
    assert choose_release(REPO, "v1").commit == pushed


def content_request(hub, commit, name):
    """The line of the request that carries a file's content."""
    if is_large(name):
        return f"GET /large-files/{hash_of(name, hub.model(REPO).files[name])}"
    return f"GET /{REPO}/resolve/{commit}/{name}"


@pytest.mark.parametrize("name", [WEIGHTS, METRICS, SAMPLES, CONFIG])
def test_a_file_that_arrives_damaged_is_fetched_once_more(hub, pushed, name):
    request = content_request(hub, pushed, name)
    hub.fault_at[request, 0] = "flipped byte"
    assert choose_release(REPO).problem is None
    assert hub.requests.count(request) == 2


@pytest.mark.parametrize("name", [WEIGHTS, METRICS, SAMPLES])
def test_from_a_hub_that_gives_no_hashes_a_damaged_file_is_noticed_by_the_release_itself(
    hub, pushed, monkeypatch, name
):
    request = content_request(hub, pushed, name)
    monkeypatch.setattr("tests.stand_in_hub.protocol.etag_of", lambda path, content: f'"version-7-of-{path}"')
    hub.fault_at[request, 0] = "flipped byte"
    assert choose_release(REPO).problem is None
    assert hub.requests.count(request) == 2


def test_a_file_that_stays_damaged_is_refused_by_name(hub, pushed):
    hub.fault_at[f"GET /{REPO}/resolve/{pushed}/{METRICS}"] = "flipped byte"
    choice = choose_release(REPO)
    assert choice.release.folder == BUNDLED
    assert "metrics.json arrived damaged twice" in choice.problem


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(hub, pushed):
    weights = choose_release(REPO).release.folder / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(content)
    hub.requests.clear()
    assert choose_release(REPO, pushed).problem is None
    assert len(hub.requests) == 2


def test_a_release_whose_files_do_not_belong_together_is_refused_by_name(hub, pushed, small_releases):
    files = dict(hub.model(REPO).files)
    hub.model(REPO).commit(files | {SAMPLES: (small_releases[1] / SAMPLES).read_bytes()}, "a mixture")
    choice = choose_release(REPO)
    assert choice.release.folder == BUNDLED
    assert "misclassified.parquet is damaged or of another release" in choice.problem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: rewrite_config(folder, format_version=2), "format version 2; this code reads 1"),
        (lambda folder: rewrite_config(folder, class_names=[*"abc"]), "model.safetensors does not fit the network"),
        (lambda folder: rewrite_config(folder, class_names=["any", *"bcdefghij"]), "a class cannot be called 'any'"),
        (lambda folder: (folder / SAMPLES).unlink(), "it has no file misclassified.parquet"),
    ],
    ids=["too new a format", "fewer classes than the weights", "a class that means all", "a missing file"],
)
def test_what_is_no_release_for_this_code_is_refused(hub, small_releases, tmp_path, change, words):
    folder = shutil.copytree(small_releases[0], tmp_path / "release")
    change(folder)
    upload(hub, REPO, folder)
    choice = choose_release(REPO)
    assert choice.release.folder == BUNDLED
    assert words in choice.problem


@pytest.mark.parametrize(
    ("arrange", "repo_id", "revision", "words"),
    [
        (lambda hub: None, "ada/nothing", None, "there is no such repository, or it is private"),
        (lambda hub: None, REPO, "nowhere", "it has no such branch, tag or commit"),
        (lambda hub: None, REPO, "0" * 40, "it has no such branch, tag or commit"),
        (lambda hub: setattr(hub.model(REPO), "gated", True), REPO, None, "the repository is gated"),
        (lambda hub: setattr(hub.model(REPO), "private", True), REPO, None, "there is no such repository, or it is"),
    ],
    ids=["missing", "no such branch", "no such commit", "gated", "private"],
)
def test_what_cannot_be_had_is_said_in_words_and_the_bundled_release_is_served(
    hub, pushed, monkeypatch, arrange, repo_id, revision, words
):
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    arrange(hub)
    choice = choose_release(repo_id, revision)
    assert choice.release.folder == BUNDLED
    assert words in choice.problem and repo_id in choice.problem


def test_a_private_repository_is_served_to_a_token_that_may_read_it(hub, pushed):
    hub.model(REPO).private = True
    assert choose_release(REPO).commit == pushed


def test_if_the_new_release_cannot_be_had_the_last_verified_one_of_the_repository_is_served(
    hub, pushed, small_releases
):
    choose_release(REPO)
    new = upload(hub, REPO, small_releases[1])
    hub.fault_at[f"GET /{REPO}/resolve/{new}/{METRICS}"] = "500"
    choice = choose_release(REPO)
    assert choice.commit == pushed
    assert f"{REPO} could not be served: the Hub answered with status 500" in choice.problem


def test_the_last_verified_release_is_the_last_one_that_was_served(hub, pushed, small_releases):
    new = upload(hub, REPO, small_releases[1])
    choose_release(REPO, pushed)
    choose_release(REPO, new)
    choose_release(REPO, pushed)
    hub.fault_at[f"GET /api/models/{REPO}"] = "503"
    assert choose_release(REPO).commit == pushed


def test_a_damaged_release_in_the_cache_does_not_stand_in(hub, pushed):
    config = choose_release(REPO).release.folder / CONFIG
    content = config.read_text().replace('"temperature": 1.06', '"temperature": 1.07')
    config.resolve().write_text(content)
    hub.fault_at[f"GET /api/models/{REPO}"] = "503"
    assert choose_release(REPO).release.folder == BUNDLED


def test_a_file_in_the_cache_that_cannot_be_read_is_no_accident(hub, pushed):
    metrics = choose_release(REPO).release.folder / METRICS
    metrics.unlink()
    metrics.mkdir()
    hub.fault_at[f"GET /api/models/{REPO}"] = "503"
    assert choose_release(REPO).release.folder == BUNDLED


def test_who_fetches_a_release_gets_that_release_or_an_error(hub, pushed, small_releases):
    assert fetch_release(REPO).identifier == load_release(small_releases[0]).identifier
    with pytest.raises(HubError, match="ada/nothing could not be fetched: there is no such repository"):
        fetch_release("ada/nothing")


def test_half_a_download_in_the_cache_does_not_stand_in(hub, pushed):
    (choose_release(REPO).release.folder / WEIGHTS).unlink()
    hub.fault_at[f"GET /api/models/{REPO}"] = "503"
    assert choose_release(REPO).release.folder == BUNDLED


def test_a_hub_that_hangs_is_waited_for_no_longer_than_the_patience(hub, pushed):
    hub.fault_at[f"GET /api/models/{REPO}"] = "hang"
    with waiting_at_most(0.5):
        choice = choose_release(REPO, patience=0.5)
    assert PATIENCE <= 6
    assert "in time; a restart tries again" in choice.problem


def test_a_hub_that_answers_for_another_commit_is_not_believed(hub, pushed):
    hub.on_request = lambda line: "another commit" if line.startswith("HEAD") else None
    choice = choose_release(REPO)
    assert choice.release.folder == BUNDLED
    assert "answered for commit fffffff" in choice.problem


def test_offline_mode_serves_what_is_cached_and_says_so(hub, pushed, monkeypatch):
    choose_release(REPO)
    hub.requests.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    choice = choose_release(REPO)
    assert choice.commit == pushed and "HF_HUB_OFFLINE keeps this machine off the Hub" in choice.problem
    assert choose_release(REPO, pushed).problem is None
    assert hub.requests == []
