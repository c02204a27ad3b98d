"""Which release to serve: one on the Hub, one in a local folder, or the bundled one."""

import logging
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled
from huggingface_hub.utils import httpx

from model.release import BUNDLED, SERVED_FILES, Release, ReleaseError, load_release

logger = logging.getLogger(__name__)

RESOLVE_TIMEOUT = 8.0
HUB_ERRORS = (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    httpx.HTTPError,
    OSError,
)


def choose_release(repo_id: str | None = None, revision: str | None = None) -> tuple[Release, str]:
    """The release that was asked for, and in words which one it is; the bundled one, and why, if that cannot be had.

    `repo_id` names a Hub repository or a local release folder; `revision` a branch, tag or commit of the repository.
    Nothing is served that its own hashes do not verify. Raises ReleaseError only if the bundled release is damaged.
    """
    ignored = f"; revision {revision} ignored: only a Hub repository has revisions" if revision else ""
    if not repo_id:
        return load_release(BUNDLED), f"bundled{ignored}"
    try:
        if Path(repo_id).is_dir():
            return load_release(Path(repo_id)), f"from {repo_id}{ignored}"
        folder, commit = download(repo_id, revision)
        return load_release(folder), f"from {repo_id} at {commit[:7]}"
    except (*HUB_ERRORS, ReleaseError) as error:
        reason = " ".join(str(error).split())
        logger.error(
            "Cannot serve %s, revision %s: %s. Serving the bundled release instead.", repo_id, revision, reason
        )
        return load_release(BUNDLED), f"bundled, because {repo_id} could not be served: {_short(reason)}"


def download(repo_id: str, revision: str | None = None) -> tuple[Path, str]:
    """The files that the app reads, all of one commit, and that commit. Raises what `HUB_ERRORS` lists."""
    commit = HfApi().model_info(repo_id, revision=revision, timeout=RESOLVE_TIMEOUT).sha
    if commit is None:
        raise ReleaseError(f"{repo_id} has no commit yet")
    return Path(snapshot_download(repo_id, revision=commit, allow_patterns=list(SERVED_FILES))), commit


def _short(reason: str, length: int = 120) -> str:
    return reason if len(reason) <= length else f"{reason[: length - 1]}…"
