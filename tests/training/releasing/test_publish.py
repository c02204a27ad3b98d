"""A release goes to the stand-in Hub through the real client."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.utils import httpx

from model.choice import choose_release
from model.hub import ConflictError, HubError, Target, check_target, limit_waiting
from model.release import OPTIONAL_FILES, SAMPLES, SERVED_FILES, WEIGHTS, load_release, save_metrics, seal
from tests.small_releases import with_tables
from training.errors import TrainingError
from training.releasing.card import START
from training.releasing.publish import Published, load_verified_release
from training.releasing.publish import publish as publish_release

REPO = "ada/cifar-xray"
pytestmark = pytest.mark.usefixtures("no_waiting")


def publish(folder: Path, target: Target) -> Published:
    return publish_release(load_verified_release(folder), target)


def find_target(repo_id: str | None = None, **options) -> Target:
    return check_target(repo_id, default_name="cifar-xray", **options)


def test_a_first_push_creates_the_repository_and_everything_in_it(hub, small_releases):
    published = publish(small_releases[0], find_target())
    files = hub.model(REPO).files
    assert set(files) == {".gitattributes", "README.md", *SERVED_FILES, "figures/reliability.png"}
    assert all(files[name] == (small_releases[0] / name).read_bytes() for name in SERVED_FILES)
    assert published.url == f"{hub.url}/{REPO}"


def test_the_optional_tables_of_a_release_are_pushed_and_served(hub, small_releases, tmp_path):
    folder = with_tables(small_releases[0], tmp_path / "release")
    publish(folder, find_target())
    files = hub.model(REPO).files
    assert all(files[name] == (folder / name).read_bytes() for name in OPTIONAL_FILES)
    assert choose_release(REPO).release.lacks == {}


def test_the_optional_tables_of_an_older_release_go_with_it(hub, small_releases, tmp_path):
    publish(with_tables(small_releases[0], tmp_path / "release"), find_target())
    publish(small_releases[1], find_target())
    assert not set(OPTIONAL_FILES) & set(hub.model(REPO).files)
    assert set(choose_release(REPO).release.lacks) == set(OPTIONAL_FILES)


def test_a_push_is_one_commit(hub, small_releases):
    publish(small_releases[0], find_target())
    before = len(hub.model(REPO).commits)
    publish(small_releases[1], find_target())
    assert len(hub.model(REPO).commits) == before + 1


def test_nothing_that_could_hold_a_pickle_is_pushed(hub, small_releases, tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(small_releases[0], folder)
    for name in ("last.ckpt", "model.bin", "model.pt", "state.pkl", "figures/model.pt"):
        (folder / name).write_bytes(b"x")
    publish(folder, find_target())
    assert not [name for name in hub.model(REPO).files if name.endswith((".ckpt", ".bin", ".pt", ".pkl"))]


def test_what_was_pushed_is_served(hub, small_releases):
    published = publish(small_releases[1], find_target())
    choice = choose_release(REPO)
    assert choice.release.identifier == load_release(small_releases[1]).identifier
    assert choice.commit is not None and choice.commit.startswith(published.commit)


def test_each_push_gets_a_tag_on_its_commit(hub, small_releases):
    first = publish(small_releases[0], find_target())
    second = publish(small_releases[1], find_target())
    tags = hub.model(REPO).tags
    assert {first.tag: first.commit, second.tag: second.commit} == {name: sha[:7] for name, sha in tags.items()}


def test_pushing_the_same_release_again_makes_no_commit_and_no_tag_and_says_so(hub, small_releases):
    first = publish(small_releases[0], find_target())
    again = publish(small_releases[0], find_target())
    assert again == first._replace(was_there=True)
    assert list(hub.model(REPO).tags) == [first.tag]
    assert str(first).startswith(f"Pushed: {hub.url}/{REPO} (commit ")
    assert str(again).startswith(f"Nothing to push, it is there already: {hub.url}/{REPO} (commit ")


def test_pushing_the_same_release_again_sets_the_tag_that_failed_before(hub, small_releases):
    hub.on_request = lambda line: "403" if "/tag/" in line else None
    assert publish(small_releases[0], find_target()).tag.startswith("none, because")
    hub.on_request = lambda line: None
    again = publish(small_releases[0], find_target())
    assert (again.was_there, list(hub.model(REPO).tags)) == (True, [again.tag])


def test_figures_of_an_older_release_go_and_other_peoples_files_stay(hub, small_releases):
    publish(small_releases[0], find_target())
    repository = hub.model(REPO)
    repository.commit(repository.files | {"figures/old.png": b"old", "notes.txt": b"mine"}, "by hand")
    publish(small_releases[1], find_target())
    assert "figures/old.png" not in repository.files
    assert repository.files["notes.txt"] == b"mine"


def test_a_card_edited_by_hand_on_the_hub_keeps_its_prose(hub, small_releases):
    publish(small_releases[0], find_target())
    repository = hub.model(REPO)
    card = repository.files["README.md"].decode().replace(START, f"By hand.\n\n{START}")
    repository.commit(repository.files | {"README.md": card.encode()}, "by hand")
    publish(small_releases[1], find_target())
    assert "By hand." in repository.files["README.md"].decode()
    assert f'CifarResNet.from_pretrained("{REPO}")' in repository.files["README.md"].decode()


def test_a_commit_in_the_meantime_is_not_overwritten_and_a_second_try_succeeds(hub, small_releases):
    target = find_target()
    repository = hub.model(REPO)
    theirs = repository.commit(repository.files | {"notes.txt": b"mine"}, "by hand")
    with pytest.raises(ConflictError, match="Somebody else committed"):
        publish(small_releases[0], target)
    assert repository.at("main") == theirs
    publish(small_releases[0], find_target())
    assert {"notes.txt", WEIGHTS} <= set(repository.files)


def test_a_commit_during_the_upload_is_not_overwritten(hub, small_releases):
    target = find_target()
    repository = hub.model(REPO)

    def interfere(line):
        if "/commit/" in line:
            repository.commit(repository.files | {"notes.txt": b"mine"}, "by hand")

    hub.on_request = interfere
    with pytest.raises(ConflictError):
        publish(small_releases[0], target)
    assert set(repository.files) == {".gitattributes", "notes.txt"}


def test_an_answer_that_got_lost_is_no_failure_if_the_commit_arrived(hub, small_releases):
    target = find_target()
    hub.fault_at[f"POST /api/models/{REPO}/commit/main"] = "lost answer"
    published = publish(small_releases[0], target)
    assert published.commit == hub.model(REPO).refs["main"][:7]


def test_an_error_that_passes_is_tried_again(hub, small_releases):
    target = find_target()
    hub.fault_at[f"POST /api/models/{REPO}/commit/main", 0] = "503"
    publish(small_releases[0], target)
    assert WEIGHTS in hub.model(REPO).files


def test_a_tag_that_cannot_be_set_does_not_undo_the_push(hub, small_releases):
    target = find_target()
    hub.on_request = lambda line: "500" if "/tag/" in line else None
    published = publish(small_releases[0], target)
    assert published.tag == "none, because the Hub answered with status 500"
    assert WEIGHTS in hub.model(REPO).files


def test_a_branch_is_created_and_main_stays_as_it_was(hub, small_releases):
    publish(small_releases[0], find_target())
    main = hub.model(REPO).refs["main"]
    publish(small_releases[1], find_target(branch="experiment"))
    assert hub.model(REPO).refs["main"] == main
    assert hub.model(REPO).at("experiment").files[SAMPLES] == (small_releases[1] / SAMPLES).read_bytes()


def test_a_private_repository_is_created_private(hub, small_releases):
    publish(small_releases[0], find_target("ada/secret", private=True))
    assert hub.model("ada/secret").private


def test_a_name_without_a_user_means_the_tokens_own(hub):
    assert find_target("my-model").repo_id == "ada/my-model"


@pytest.mark.parametrize(
    ("token", "arrange", "repo_id", "options", "words"),
    [
        (None, None, None, {}, "Pushing needs a token"),
        ("hf_unknown", None, None, {}, "the Hub refused the token"),
        ("hf_reader", None, None, {}, "the token in use may only read"),
        ("hf_writer", None, "bob/his", {}, "the token does not allow this"),
        ("hf_writer", "bob/his", "bob/his", {}, "the token does not allow this"),
        ("hf_writer", None, "not/a/name", {}, "that is no name of a repository"),
        ("hf_writer", "ada/open", "ada/open", {"private": True}, "exists and is public"),
    ],
    ids=["no token", "unknown token", "reader", "namespace", "somebody else's", "bad name", "public"],
)
def test_what_would_make_the_push_fail_is_found_before_it(hub, monkeypatch, token, arrange, repo_id, options, words):
    monkeypatch.delenv("HF_TOKEN") if token is None else monkeypatch.setenv("HF_TOKEN", token)
    if arrange:
        hub.repositories.create("model", arrange)
    with pytest.raises(HubError, match=words):
        find_target(repo_id, **options)


def test_a_hub_that_hangs_is_given_up_on_as_soon_as_was_agreed(hub, monkeypatch):
    agreed, send = [], httpx.HTTPTransport.handle_request

    def noted(transport, request):
        agreed.append(request.extensions["timeout"]["read"])
        return send(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", noted)
    hub.fault_at["GET /api/whoami-v2"] = "hang"  # without end
    limit_waiting(1)
    with pytest.raises(HubError, match="did not answer in time"):
        find_target()
    assert set(agreed) == {1}


def test_a_mirror_that_knows_no_check_of_permissions_is_pushed_to_all_the_same(hub, small_releases):
    hub.fault_at[f"GET /api/models/{REPO}/auth-check/write"] = "404"
    publish(small_releases[0], find_target())
    assert WEIGHTS in hub.model(REPO).files


def test_a_damaged_release_is_not_pushed(hub, small_releases, tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(small_releases[0], folder)
    (folder / SAMPLES).write_bytes(b"damaged")
    with pytest.raises(TrainingError, match=f"{SAMPLES} is damaged"):
        publish(folder, find_target())
    assert set(hub.model(REPO).files) == {".gitattributes"}


def test_what_the_hub_itself_objects_to_in_a_card_is_said(hub, small_releases):
    repository = hub.repositories.create("model", REPO)
    repository.commit(repository.files | {"README.md": b"---\nlicense: my-own\n---\n"}, "by hand")
    with pytest.raises(HubError, match=r'Invalid metadata in README\.md. - "license" must be one of'):
        publish(small_releases[0], find_target())


def test_a_card_that_is_no_text_is_said_to_be_none(hub, small_releases):
    repository = hub.repositories.create("model", REPO)
    repository.commit(repository.files | {"README.md": b"\xff\xfe"}, "by hand")
    with pytest.raises(HubError, match="it is no UTF-8 text"):
        publish(small_releases[0], find_target())


def test_a_release_whose_metrics_lack_what_the_card_states_is_not_pushed(hub, small_releases, tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(small_releases[0], folder)
    release = load_release(folder)
    save_metrics(replace(release.metrics, test=replace(release.metrics.test, loss=None)), folder)
    seal(release.config, folder)
    with pytest.raises(TrainingError, match=r"metrics\.json lacks 'loss'"):
        publish(folder, find_target())


def test_a_card_with_broken_metadata_is_named_and_kept(hub, small_releases):
    repository = hub.repositories.create("model", REPO)
    repository.commit(repository.files | {"README.md": b"---\na: [\n---\n"}, "by hand")
    with pytest.raises(TrainingError, match=r"README\.md of ada/cifar-xray cannot be updated: its metadata is no YAML"):
        publish(small_releases[0], find_target())
    assert repository.files["README.md"] == b"---\na: [\n---\n"
