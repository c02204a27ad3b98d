"""Which release to serve: the one that was asked for, else the last one of its repository that can be verified, else
the bundled one; and in words which it is, and why not another."""

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from model import hub, hub_commits
from model.hub_errors import in_words, worded
from model.release import (
    BUNDLED,
    OPTIONAL_FILES,
    SERVED_FILES,
    DamagedFileError,
    Release,
    ReleaseError,
    load_release,
    optional_files,
)

logger = logging.getLogger(__name__)
PATIENCE = 6.0


@dataclass(frozen=True)
class Choice:
    """A verified release, where it is from, and what of the question was not followed; `stands_in`: it is not the one
    that was asked for, which could not be served."""

    release: Release
    origin: str
    problem: str | None = None
    commit: str | None = None
    stands_in: bool = False


def choose_release(repo_id: str | None = None, revision: str | None = None, patience: float = PATIENCE) -> Choice:
    """The release that was asked for, or the best that can be had within `patience` seconds of waiting for the Hub.

    `repo_id` names a Hub repository (its address will do) or a local release folder; `revision` a branch, tag or commit
    of the repository. Nothing is served that its own hashes do not verify. Raises ReleaseError only if the bundled
    release is damaged.
    """
    repo_id = (repo_id or "").strip()
    revision = (revision or "").strip() or None
    ignored = f"revision {revision} is ignored: only a Hub repository has revisions" if revision else None
    if not repo_id:
        return Choice(load_release(BUNDLED), "bundled", ignored)
    try:
        if _is_folder(repo_id):
            return Choice(load_release(Path(repo_id).expanduser()), f"from {repo_id.removesuffix('/')}", ignored)
        repo_id = hub.repository_name(repo_id) or repo_id
        return _from_hub(repo_id, revision, time.monotonic() + patience)
    except Exception as error:  # whatever a broken answer makes the client raise: the page comes up all the same
        asked_for = f"{repo_id} at {revision}" if revision else repo_id
        problem = f"{asked_for} could not be served: {in_words(error)}"
        logger.error("%s", problem, exc_info=logger.isEnabledFor(logging.DEBUG))
    return _last_verified(repo_id, problem) or Choice(load_release(BUNDLED), "bundled", problem, stands_in=True)


def fetch_release(repo_id: str, revision: str | None = None, patience: float = 60.0) -> Release:
    """The verified release of a Hub repository, and no other: raises HubError, saying why, if it cannot be had."""
    with worded(f"{repo_id} could not be fetched"):
        return _from_hub(hub.repository_name(repo_id), revision, time.monotonic() + patience).release


def _is_folder(repo_id: str) -> bool:
    with contextlib.suppress(OSError, RuntimeError):  # longer than a file's name can be, or nobody's home
        if Path(repo_id).expanduser().is_dir():
            return True
    if repo_id.startswith((".", "~", os.sep)):
        raise ReleaseError("there is no such folder")
    return False


def _from_hub(repo_id: str, revision: str | None, deadline: float) -> Choice:
    commit = hub_commits.commit_of(repo_id, revision, deadline)
    fetched_again: set[str] = set()
    while True:
        folder = hub.fetch(repo_id, commit, SERVED_FILES, deadline)
        try:
            _fetch_tables(repo_id, commit, optional_files(folder), deadline)
            return _chosen(repo_id, folder)
        except DamagedFileError as error:  # only if the cache or the Hub names no hashes: `fetch` would have noticed
            if error.file in fetched_again:
                raise
            fetched_again.add(error.file)
            hub_commits.discard(folder / error.file)


def _fetch_tables(repo_id: str, commit: str, names: list[str], deadline: float) -> None:
    """Fetches optional files, side by side. What cannot be had is no reason not to serve the rest: the page says what
    is lacking."""
    try:
        if names:
            hub.fetch(repo_id, commit, names, deadline)
    except Exception as error:  # whatever a broken answer makes the client raise
        logger.warning("%s of %s could not be had: %s", " and ".join(names), repo_id, in_words(error))


def _last_verified(repo_id: str, problem: str) -> Choice | None:
    for folder in hub_commits.cached_commits(repo_id):
        try:
            for name in (*SERVED_FILES, *(each for each in OPTIONAL_FILES if (folder / each).exists())):
                if not hub_commits.matches_its_hash(folder / name):
                    raise DamagedFileError(name, "is damaged in the cache.")
            return _chosen(repo_id, folder, problem)
        except (ReleaseError, OSError) as error:
            logger.info("The cached commit %s cannot stand in: %s", folder.name[:7], error)
    return None


def _chosen(repo_id: str, folder: Path, problem: str | None = None) -> Choice:
    release = load_release(folder)
    hub_commits.mark_used(folder)
    return Choice(release, f"{repo_id} at {folder.name[:7]}", problem, folder.name, stands_in=problem is not None)
