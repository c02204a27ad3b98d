import errno
import json

import pytest
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import httpx

from model.hub_errors import ConflictError, HubError, in_words, is_transient, worded


def answered(status: int) -> HfHubHTTPError:
    request = httpx.Request("GET", "http://hub/api/models/ada/x")
    return HfHubHTTPError("no", response=httpx.Response(status, request=request))


def test_an_error_becomes_a_sentence_that_says_what_failed_and_why():
    with pytest.raises(HubError) as caught, worded("Cannot push to ada/x", hint=" Run this again."):
        raise answered(418)
    assert str(caught.value) == "Cannot push to ada/x: the Hub answered with status 418. Run this again."
    assert isinstance(caught.value.__cause__, HfHubHTTPError)


def test_a_sentence_inside_another_ends_once():
    with pytest.raises(HubError, match=r"^It failed: the disk is gone\.$"), worded("It failed"):
        raise ConflictError("the disk is gone.")


def test_without_an_error_nothing_is_raised_and_an_interrupt_passes():
    with worded("It failed"):
        pass
    with pytest.raises(KeyboardInterrupt), worded("It failed"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "error",
    [answered(429), answered(503), httpx.ConnectError(""), json.JSONDecodeError("", "", 0), OSError("wrong size")],
)
def test_what_may_go_better_a_moment_later_is_transient(error):
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answered(401),
        answered(404),
        httpx.ReadTimeout(""),
        OSError(errno.ENOSPC, ""),
        OfflineModeIsEnabled(),
        KeyError(),
    ],
)
def test_what_would_fail_again_is_not_transient(error):
    assert not is_transient(error)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (answered(401), "the Hub refused the token"),
        (answered(500), "the Hub answered with status 500"),
        (OSError(errno.ENOSPC, ""), "there is no space left on the disk"),
        (HFValidationError("a b"), "that is no name of a repository"),
        (KeyError("sha"), "the Hub's answer makes no sense (KeyError)"),
        (RuntimeError("two\n lines."), "two lines"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_an_error_is_put_into_words(error, words):
    assert in_words(error).startswith(words) and not in_words(error).endswith(".")
