"""The Hugging Face Hub: fetch files of one commit, whole and undamaged; push files as one commit, or not at all.

The client's `create_commit` reports a failure when only the answer got lost; `push_files` asks what the Hub holds.

It needs no torch, so that a command line can check a token before it loads anything that takes seconds.
"""

import hashlib
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.file_download import hf_hub_download
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import get_session, get_token, httpx, set_client_factory, validate_repo_id
from huggingface_hub.utils.sha import git_hash

from model.hub_commits import discard, matches_its_hash
from model.hub_errors import TOKENS_PAGE, ConflictError, HubError, in_words, is_transient, worded
from model.retry import by_deadline, retry

logger = logging.getLogger(__name__)
READING_PATIENCE = 60.0
NO_TOKEN = (
    f"Pushing needs a token of the Hub. Make one with write permission at {TOKENS_PAGE}, "
    "then run `hf auth login` or set the environment variable HF_TOKEN."
)


@dataclass(frozen=True)
class Target:
    """A branch that may be written to, and the commit that it was at (None: it had none)."""

    repo_id: str
    branch: str
    head: str | None
    repo_type: str = "model"

    @property
    def url(self) -> str:
        place = "" if self.repo_type == "model" else f"{self.repo_type}s/"
        return f"{constants.ENDPOINT}/{place}{self.repo_id}"


def repository_name(typed: str | None) -> str:
    """The name of a repository as people type it: with spaces around it, or as the address of its page."""
    name = re.sub(r"[?#].*", "", (typed or "").strip()).removeprefix(f"{constants.ENDPOINT}/")
    name = re.sub(r"^(https?://)?(huggingface\.co|hf\.co)/", "", name)
    name = re.sub(r"^(models|spaces)/(?=[^/]+/)", "", name)
    return name.rstrip("/").removesuffix("/tree/main").rstrip("/")


def limit_waiting(seconds: float = 60, to_connect: float = 10) -> None:
    """Lets every later request to the Hub end with an error after so long without a byte.

    Many of the client's requests have no timeout, and some insist on none, so it is set where each request passes.
    """
    limits = {"connect": to_connect, "read": seconds, "write": seconds, "pool": seconds}

    def fill_in_timeouts(request: httpx.Request) -> None:
        asked_for = request.extensions.get("timeout", {})
        request.extensions["timeout"] = {phase: asked_for.get(phase) or limit for phase, limit in limits.items()}

    earlier = get_session().event_hooks["request"]
    hooks = [*(hook for hook in earlier if hook.__name__ != fill_in_timeouts.__name__), fill_in_timeouts]
    set_client_factory(lambda: httpx.Client(event_hooks={"request": hooks}, follow_redirects=True, timeout=None))


def fetch(repo_id: str, commit: str, names: Iterable[str], deadline: float) -> Path:
    """The folder of the Hub's cache with these files of one commit, fetched side by side; no request if all are there.

    A file that arrives damaged is fetched once more. Raises HubError if it is damaged again, TimeoutError, and what the
    client raises, which `in_words` explains.
    """
    tasks = [partial(_fetch_file, repo_id, commit, name) for name in names]
    (folder,) = {path.parent for path in by_deadline(deadline, tasks)}
    return folder


def _fetch_file(repo_id: str, commit: str, name: str) -> Path:
    download = partial(hf_hub_download, repo_id, name, revision=commit)
    path = Path(retry(download, is_transient))
    if not matches_its_hash(path):
        discard(path)
        path = Path(retry(download, is_transient))
    if path.parent.name != commit:
        raise HubError(f"The Hub answered for commit {path.parent.name[:7]} when {commit[:7]} was asked for")
    if not matches_its_hash(path):
        raise HubError(f"{name} arrived damaged twice: its content is not what the Hub's hash says")
    return path


def check_target(
    repo_id: str | None,
    *,
    default_name: str,
    branch: str = "main",
    private: bool = False,
    repo_type: str = "model",
    creation: Mapping[str, Any] | None = None,
) -> Target:
    """Proves that the token may write to a repository and branch; what is missing is created.

    `repo_id` is by default `<the token's user>/<default_name>`; `creation` holds further arguments of `create_repo`.
    Raises HubError, saying what is wrong and what would help.
    """
    if get_token() is None:
        raise HubError(NO_TOKEN)
    api, repo_id = HfApi(), repository_name(repo_id)
    try:
        repo_id = _full_name(retry(api.whoami, is_transient), repo_id or default_name)
        create = partial(api.create_repo, repo_id, repo_type=repo_type, private=private or None, exist_ok=True)
        ask = partial(api.repo_info, repo_id, repo_type=repo_type)
        info = _found_or_created(ask, partial(create, **(creation or {})))
        if info.id != repo_id:
            logger.info("%s is called %s now", repo_id, info.id)
            repo_id = info.id
        if private and info.private is False:
            raise HubError(f"{repo_id} exists and is public; make it private in its settings, or leave out --private")
        _check_write_permission(api, repo_id, repo_type)
        if branch != "main":
            create_branch = partial(api.create_branch, repo_id, repo_type=repo_type, branch=branch, exist_ok=True)
            retry(create_branch, is_transient)
            ask = partial(api.repo_info, repo_id, repo_type=repo_type, revision=branch)
            info = retry(ask, is_transient)
    except Exception as error:  # whatever a broken answer makes the client raise
        raise HubError(f"Cannot push to {repo_id or 'the Hub'}: {in_words(error)}.") from error
    return Target(repo_id, branch, info.sha, repo_type)


def _found_or_created(ask: Callable[[], Any], create: Callable[[], Any]) -> Any:
    """What the Hub says of a repository. It is asked first: to create one that was renamed would take its old name."""
    try:
        return retry(ask, is_transient)
    except RepositoryNotFoundError:
        retry(create, is_transient)
        return retry(ask, is_transient)


def _full_name(who: Mapping[str, Any], repo_id: str) -> str:
    if (who.get("auth") or {}).get("accessToken", {}).get("role") == "read":
        raise HubError(f"the token in use may only read; make one that may write at {TOKENS_PAGE}")
    validate_repo_id(repo_id)
    return repo_id if "/" in repo_id else f"{who['name']}/{repo_id}"


def _check_write_permission(api: HfApi, repo_id: str, repo_type: str) -> None:
    try:
        retry(partial(api.auth_check, repo_id, repo_type=repo_type, write=True), is_transient)
    except HfHubHTTPError as error:
        # A mirror without this check answers 404 for a repository that was there a moment ago; the commit will tell.
        if error.response.status_code != 404:
            raise


def read_text(target: Target, name: str) -> str | None:
    """A text file as it stands in the target's branch, undamaged; None if there is none. Raises HubError."""
    with worded(f"The {name} of {target.repo_id} could not be read"):
        if target.head is None or name not in remote_files(target, target.head):
            return None
        return (fetch(target.repo_id, target.head, [name], time.monotonic() + READING_PATIENCE) / name).read_text()


def remote_files(target: Target, commit: str) -> dict[str, str]:
    """The hash of each file in a commit by its path: SHA-256 of a large file, git's blob id of a small one."""
    ask = HfApi().list_repo_tree

    def listing() -> dict[str, str]:
        entries = ask(target.repo_id, recursive=True, revision=commit, repo_type=target.repo_type)
        return {
            entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id
            for entry in entries
            if isinstance(entry, RepoFile)
        }

    return retry(listing, is_transient)


def push_files(target: Target, files: Mapping[str, Path | bytes], message: str, is_ours: Callable[[str], bool]) -> str:
    """Makes the branch hold these files, by one commit on top of `target.head`, and returns that commit.

    Files in the repository that `is_ours` and that are not among `files` go; all others stay. Whatever the Hub answers,
    what it holds afterwards decides: an answer that got lost is no failure. Raises ConflictError if somebody else
    committed since `target` was checked, and HubError otherwise; in both cases the branch is as it was.
    """
    contents = {path: each if isinstance(each, bytes) else each.read_bytes() for path, each in files.items()}
    commit, failure = None, None
    try:
        present = remote_files(target, target.head) if target.head else {}
        stale = [path for path in present if is_ours(path) and path not in contents]
        commit = _commit(target, contents, stale, message)
    except Exception as error:  # whatever a broken answer makes the client raise
        failure = error
    try:
        head = _head(target)
        for candidate in (commit, head):
            if candidate and _holds(target, candidate, contents):
                return candidate
    except Exception as error:
        words = in_words(failure or error)
        raise HubError(f"The push to {target.repo_id} failed, or could not be confirmed: {words}.") from error
    if failure and head != target.head:
        who = f"Somebody else committed to {target.repo_id} in the meantime ({str(head)[:7]})"
        raise ConflictError(f"{who}; nothing of theirs was overwritten.") from failure
    reason = in_words(failure) if failure else "the Hub does not hold what was sent"
    raise HubError(f"The push to {target.repo_id} failed: {reason}.") from failure


def _commit(target: Target, contents: Mapping[str, bytes], stale: Iterable[str], message: str) -> str:
    def send() -> str:
        additions = [CommitOperationAdd(path, content) for path, content in contents.items()]
        deletions = [CommitOperationDelete(path) for path in stale]
        with warnings.catch_warnings():
            # The client takes a parquet file in a model repository for a slip; ours belongs to the weights.
            warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
            info = HfApi().create_commit(
                target.repo_id,
                [*additions, *deletions],
                commit_message=message,
                revision=target.branch,
                parent_commit=target.head,
                repo_type=target.repo_type,
            )
        return info.oid

    return retry(send, is_transient)


def _head(target: Target) -> str | None:
    ask = partial(HfApi().repo_info, target.repo_id, revision=target.branch, repo_type=target.repo_type)
    return retry(ask, is_transient).sha


def _holds(target: Target, commit: str, contents: Mapping[str, bytes]) -> bool:
    present = remote_files(target, commit)
    return all(
        present.get(path) in (hashlib.sha256(content).hexdigest(), git_hash(content))
        for path, content in contents.items()
    )


def set_tag(target: Target, tag: str, commit: str) -> None:
    """Names a commit. Raises what the client raises, which `in_words` explains."""
    retry(partial(HfApi().create_tag, target.repo_id, tag=tag, revision=commit, exist_ok=True), is_transient)


def tags_of(target: Target, commit: str) -> list[str]:
    """The tags that name a commit. Raises what the client raises."""
    refs = retry(partial(HfApi().list_repo_refs, target.repo_id, repo_type=target.repo_type), is_transient)
    return [each.name for each in refs.tags if each.target_commit == commit]
