"""The Hub's commits: which of them a name means, and what the client's cache keeps of them on this machine, each file
named by the hash of its content."""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HFValidationError, RevisionNotFoundError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import validate_repo_id
from huggingface_hub.utils.sha import git_hash

from model.hub_errors import HubError, is_transient
from model.retry import by_deadline, retry

COMMIT, FIRST_DIGITS = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{7,39}")


def resolve(repo_id: str, revision: str | None, deadline: float) -> str:
    """The full commit that a branch, a tag, a commit or its first digits name; None names `main`.

    Raises TimeoutError, HubError if the digits begin several commits, and what the client raises, which `in_words`
    explains.
    """
    remaining = max(0.1, deadline - time.monotonic())
    ask = partial(HfApi().model_info, repo_id, revision=revision, timeout=remaining)
    try:
        (info,) = by_deadline(deadline, [partial(retry, ask, is_transient)])
    except RevisionNotFoundError:
        if not (revision and FIRST_DIGITS.fullmatch(revision)):
            raise
        (commits,) = by_deadline(deadline, [partial(retry, partial(_all_commits, repo_id), is_transient)])
        commit = _begun_by(revision, commits)
        if commit is None:
            raise
        return commit
    if info.sha is None or not COMMIT.fullmatch(info.sha):
        raise HubError(f"{repo_id} has no commit yet")
    return info.sha


def _all_commits(repo_id: str) -> set[str]:
    """What branches and tags name, and what lies before branches: the Hub itself knows commits by 40 digits only."""
    api = HfApi()
    refs = api.list_repo_refs(repo_id)
    named = {each.target_commit for each in (*refs.branches, *refs.tags)}
    return named.union(*(_commits_before(api, repo_id, branch.name) for branch in refs.branches))


def _commits_before(api: HfApi, repo_id: str, branch: str) -> set[str]:
    return {each.commit_id for each in api.list_repo_commits(repo_id, revision=branch)}


def _begun_by(digits: str, commits: Iterable[str]) -> str | None:
    found = sorted(each for each in commits if each.startswith(digits))
    if len(found) > 1:
        raise HubError(f"{digits} begins {len(found)} commits; give more of its digits")
    return found[0] if found else None


def commit_of(repo_id: str, revision: str | None, deadline: float) -> str:
    """As `resolve`, without a question if the revision is a full commit or the first digits of one in the cache.

    Raises HFValidationError for half a name.
    """
    if "/" not in repo_id:
        raise HFValidationError(repo_id)
    if revision and COMMIT.fullmatch(revision):
        return revision
    if revision and FIRST_DIGITS.fullmatch(revision):
        cached = _begun_by(revision, (folder.name for folder in cached_commits(repo_id)))
        if cached:
            return cached
    return resolve(repo_id, revision, deadline)


def matches_its_hash(path: Path) -> bool:
    """Whether a cached file has the hash that names it: the cache calls its blobs what the Hub calls their content.

    Over plain HTTP the client itself compares sizes only. A cache without links has no such names and passes.
    """
    name = path.resolve().name
    content = path.read_bytes()
    if re.fullmatch(r"[0-9a-f]{64}", name):
        return hashlib.sha256(content).hexdigest() == name
    if COMMIT.fullmatch(name):  # the Hub gives git's blob id; a plain SHA-1 says as much
        return name in (git_hash(content), hashlib.sha1(content).hexdigest())
    return True


def discard(path: Path) -> None:
    """Removes a cached file, link and content, so that it is fetched again."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def cached_commits(repo_id: str) -> list[Path]:
    """The folders of all commits of a repository in the cache, the last one used (see `mark_used`) first."""
    try:
        validate_repo_id(repo_id)
        name = repo_folder_name(repo_id=repo_id, repo_type="model")
        folders = list(Path(constants.HF_HUB_CACHE, name, "snapshots").iterdir())
        return sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    except (HFValidationError, OSError):
        return []


def mark_used(folder: Path) -> None:
    """Lets `cached_commits` name this folder first from now on; a cache that cannot be written keeps its order."""
    with contextlib.suppress(OSError):
        os.utime(folder)
