"""Killed at any moment, a folder that is rewritten is the old one or the new one."""

import hashlib
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model.files import replacing
from model.files.replacing import replaced
from model.release import load_release, save_metrics, seal

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime", "shutil.copyfile", "os.link"}


def changes_a_file(event: str, arguments: tuple) -> bool:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    return event in CHANGES or bool(writes)


def killed_before_change(number: int, task: Callable[[], None]) -> bool:
    """Runs a task in a child, which SIGKILL ends before its `number`-th change of the file system. Whether it did."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event: str, arguments: tuple) -> None:
            nonlocal count
            count += changes_a_file(event, arguments)
            if count == number:
                signal.raise_signal(signal.SIGKILL)

        try:
            sys.addaudithook(watch)
            task()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the task failed by itself"
    return os.WIFSIGNALED(status)


def seed_of(folder: Path) -> int:
    """What a release says its seed is, once each of its files has the hash that its configuration states."""
    for name, expected in json.loads((folder / "config.json").read_text())["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    return json.loads((folder / "metrics.json").read_text())["seed"]


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "two renames"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_release_that_is_rewritten_is_the_old_or_the_new_one_whenever_it_is_killed(
    small_releases, tmp_path, monkeypatch, exchanges
):
    folder = tmp_path / "place" / "release"
    before = load_release(small_releases[0])
    old, new = before.metrics.seed, 12345
    if not exchanges:
        monkeypatch.setattr(replacing, "_exchange", lambda one, other: False)

    def start_afresh() -> None:
        shutil.rmtree(folder.parent, ignore_errors=True)
        shutil.copytree(small_releases[0], folder)

    def rewrite() -> None:
        with replaced(folder, copy=True) as copy:
            save_metrics(replace(before.metrics, seed=new), copy)
            seal(before.config, copy)

    found, number = [], 1
    start_afresh()
    while killed_before_change(number, rewrite):
        if folder.exists():
            found.append(seed_of(folder))
        else:
            assert not exchanges, "only two renames leave a moment in between"
            assert seed_of(folder.with_name("release.old")) == old
        rewrite()
        assert seed_of(folder) == new
        assert [path.name for path in folder.parent.iterdir()] == ["release"]
        start_afresh()
        number += 1
    assert set(found) == {old, new} and len(found) >= number - 2 > 20
    assert load_release(folder).metrics.seed == new


def test_a_block_that_fails_leaves_the_folder_as_it_was_and_nothing_beside_it(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "a").write_text("old")
    with pytest.raises(ValueError, match="no"), replaced(folder, copy=True) as copy:
        (copy / "a").write_text("new")
        raise ValueError("no")
    assert (folder / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_without_a_copy_only_what_is_written_is_there_afterwards(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "old").write_text("old")
    with replaced(folder, copy=False) as new:
        assert (folder / "old").exists(), "readers see the old one until the new one is complete"
        (new / "new").write_text("new")
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_a_folder_that_was_not_there_appears_whole(tmp_path):
    with replaced(tmp_path / "runs" / "release", copy=False) as new:
        (new / "a").write_text("new")
        assert not (tmp_path / "runs" / "release").exists()
    assert (tmp_path / "runs" / "release" / "a").read_text() == "new"


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replaced(tmp_path / "link", copy=True) as copy:
        (copy / "a").write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "a").read_text() == "new"


def test_what_an_earlier_kill_left_is_not_taken_over(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    (tmp_path / "release.partial").mkdir()
    (tmp_path / "release.partial" / "half").write_text("half")
    with replaced(folder, copy=True) as copy:
        assert not (copy / "half").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
