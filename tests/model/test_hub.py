import shutil

from model.hub import choose_release
from model.release import BUNDLED


def test_without_a_repository_the_bundled_release_is_served(release):
    chosen, reason = choose_release()
    assert (chosen.identifier, reason) == (release.identifier, "bundled")


def test_a_local_folder_works_where_a_repository_does(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "release")
    chosen, reason = choose_release(str(tmp_path / "release"))
    assert chosen.folder == tmp_path / "release"
    assert reason == f"from {tmp_path / 'release'}"


def test_a_revision_that_cannot_apply_is_said_to_be_ignored():
    assert "revision v2 ignored" in choose_release(None, "v2")[1]
    assert "revision v2 ignored" in choose_release(str(BUNDLED), "v2")[1]


def test_a_damaged_folder_is_not_served_and_the_page_is_told_why(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "release")
    (tmp_path / "release" / "metrics.json").write_text("{}")
    chosen, reason = choose_release(str(tmp_path / "release"))
    assert chosen.folder == BUNDLED
    assert reason.startswith("bundled, because") and "metrics.json is damaged" in reason


def test_a_name_that_no_repository_can_have_is_answered_with_the_bundled_release_and_why():
    chosen, reason = choose_release("not/a/repository")
    assert chosen.folder == BUNDLED
    assert "not/a/repository could not be served" in reason
