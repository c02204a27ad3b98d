"""What can go wrong with the Hub: which errors are transient, and all of them in words."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import httpx

TOKENS_PAGE = "https://huggingface.co/settings/tokens"
TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)
STATUS_WORDS = {
    401: "the Hub refused the token; check HF_TOKEN, or log in again with `hf auth login`",
    403: f"the token does not allow this; make one that may write at {TOKENS_PAGE}",
    409: "the Hub reports a conflict with what is already there",
    412: "the branch moved in the meantime",
    429: "the Hub says that there were too many requests; wait a few minutes",
}


class HubError(RuntimeError):
    """The Hub could not do what was asked. The message says why, and what would help."""


class ConflictError(HubError):
    """Somebody else committed in the meantime; nothing was overwritten."""


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in TRANSIENT_STATUSES
    if isinstance(error, OSError):  # the client's own check of a file's size has no error number; a full disk has
        return error.errno is None and not isinstance(error, OfflineModeIsEnabled | LocalEntryNotFoundError)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):  # it was waited for long enough
        return False
    return isinstance(error, httpx.TransportError | json.JSONDecodeError)  # the latter: an answer that was cut off


@contextmanager
def worded(failure: str, hint: str = "") -> Iterator[None]:
    """Raises a HubError, "<failure>: <what was wrong, in words>.<hint>", in place of any error inside.

    A broken answer makes the client raise nearly anything.
    """
    try:
        yield
    except Exception as error:
        raise HubError(f"{failure}: {in_words(error)}.{hint}") from error


def in_words(error: BaseException) -> str:
    """The error as the end of a sentence: "... could not be served: <words>." """
    match error:
        case LocalEntryNotFoundError() | FileMetadataError() if error.__cause__ is not None:
            return in_words(error.__cause__)
        case OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE keeps this machine off the Hub"
        case GatedRepoError():
            return "the repository is gated; ask for access on its page, and set HF_TOKEN to a token that has it"
        case RepositoryNotFoundError():
            return "there is no such repository, or it is private and no token in HF_TOKEN may read it"
        case RevisionNotFoundError():
            return "it has no such branch, tag or commit"
        case RemoteEntryNotFoundError():
            return f"it has no file {error.response.url.path.rsplit('/', 1)[-1]}"
        case HfHubHTTPError():
            status = error.response.status_code
            return STATUS_WORDS.get(status, f"the Hub answered with status {status}")
        case httpx.TimeoutException():
            return f"the Hub at {constants.ENDPOINT} did not answer in time"
        case TimeoutError():
            return f"it did not arrive from {constants.ENDPOINT} in time; a restart tries again"
        case httpx.TransportError():
            return f"the Hub at {constants.ENDPOINT} could not be reached"
        case HFValidationError():
            return "that is no name of a repository; it must read <user>/<name>"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            return "there is no space left on the disk"
        case HubError():
            return str(error).rstrip(".")
        case UnicodeDecodeError():
            return "it is no UTF-8 text"
        case ValueError() if "Invalid metadata" in str(error):
            return "the Hub refuses it: " + " ".join(str(error).split())[:300]
        case ValueError() | KeyError() | TypeError() | AttributeError():
            return f"the Hub's answer makes no sense ({type(error).__name__})"
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
