"""What a push refuses unless told otherwise: a release of an excerpt, and one that is worse than what it replaces."""

import json

from model import hub
from model.metrics import EXCERPT, METRICS, parse_metrics
from model.release import CONFIG, Release
from training.errors import TrainingError


def check_excerpt(release: Release, allowed: bool) -> None:
    """Raises TrainingError if a release was made from an excerpt of CIFAR-10, and that is not `allowed`."""
    data = release.metrics.data
    if data and data.kind == EXCERPT and not allowed:
        raise TrainingError(
            f"{release.folder} was made from an excerpt of {data.name}, and is not pushed, unless --allow-excerpt is "
            "given."
        )


def check_no_worse(release: Release, target: hub.Target) -> None:
    """Raises TrainingError if the release in the target's branch gets more test pictures right than this one, or was
    judged on others, so that nobody can tell. One that cannot be read is no better.

    Raises HubError if the Hub cannot be asked.
    """
    stored, config = (hub.read_text(target, name) for name in (METRICS, CONFIG))
    try:
        before = parse_metrics(json.loads(stored or ""))
        class_names = tuple(json.loads(config or "")["class_names"])
    except (ValueError, KeyError, TypeError):
        return
    here = f"{target.repo_id}, branch {target.branch},"
    ours, theirs = release.metrics, before
    if (class_names, theirs.test.count, theirs.test_pictures) != (
        release.config.class_names, ours.test.count, ours.test_pictures
    ):  # fmt: skip
        raise TrainingError(
            f"{here} holds a release that was judged on other pictures ({theirs.test_pictures}) than this one "
            f"({ours.test_pictures}), and is not replaced, unless --allow-worse is given."
        )
    if theirs.test.errors < ours.test.errors:
        raise TrainingError(
            f"{here} holds a release that gets {theirs.test.accuracy:.2%} of {theirs.test_pictures} right, more than "
            f"this one's {ours.test.accuracy:.2%}; it is not replaced, unless --allow-worse is given."
        )
