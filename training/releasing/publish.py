"""A release folder goes to the Hub: verified, with a card that knows its repository, as one commit with a tag."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from model import hub
from model.hub_errors import in_words
from model.metrics import METRICS
from model.release import OPTIONAL_FILES, SERVED_FILES, Release, ReleaseError, load_release
from training.errors import TrainingError
from training.releasing.card import CARD, merge_cards, model_card
from training.releasing.card_text import FIGURES, CardError, MissingFigureError

logger = logging.getLogger(__name__)


class Published(NamedTuple):
    """Where a release is now: its page, the commit, its tag (or why it has none), and whether it was there before."""

    url: str
    commit: str
    tag: str
    was_there: bool

    def __str__(self) -> str:
        done = "Nothing to push, it is there already" if self.was_there else "Pushed"
        return f"{done}: {self.url} (commit {self.commit}, tag {self.tag})"


def publish(release: Release, target: hub.Target) -> Published:
    """Pushes a release from its folder. A card that people edited on the Hub keeps what they wrote, and a release that
    is there already keeps its commit and its tag.

    Raises TrainingError if the card cannot be written, HubError (see `hub.push_files`) if the release cannot be pushed.
    """
    folder = release.folder
    figures = {f"{FIGURES}/{path.name}": path for path in sorted((folder / FIGURES).glob("*.png"))}
    try:
        generated = model_card(release.metrics, release.config, list(figures), target.repo_id)
    except MissingFigureError as error:
        raise TrainingError(f"{folder / METRICS} lacks {error.name!r}, which the model card states.") from error
    try:
        card = merge_cards(generated, hub.read_text(target, CARD))
    except CardError as error:
        raise TrainingError(f"The {CARD} of {target.repo_id} cannot be updated: {error}. Mend it there.") from error
    names = [*SERVED_FILES, *(name for name in OPTIONAL_FILES if name not in release.lacks)]
    files: dict[str, Path | bytes] = {CARD: card.encode(), **{name: folder / name for name in names}, **figures}
    message = f"Release {release.identifier}: {release.test_accuracy:.2%} of {release.metrics.test_pictures} right"
    commit = hub.push_files(target, files, message, _is_ours)
    return Published(target.url, commit[:7], _tag(target, commit, release.identifier), commit == target.head)


def _is_ours(path: str) -> bool:
    """Whether a file in the repository goes if this release has none of that name."""
    return path.startswith(f"{FIGURES}/") or path in OPTIONAL_FILES


def load_verified_release(folder: Path) -> Release:
    """The release in a folder. Raises TrainingError if there is none, or if it fails its own hashes."""
    try:
        return load_release(folder)
    except ReleaseError as error:
        raise TrainingError(f"{folder} is no release that could be pushed: {error}") from error


def _tag(target: hub.Target, commit: str, identifier: str) -> str:
    tag = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{identifier}"
    try:
        if commit == target.head:
            for earlier in hub.tags_of(target, commit):
                if earlier.endswith(f"-{identifier}"):
                    return earlier
        hub.set_tag(target, tag, commit)
    except Exception as error:  # the release is up; a missing name for it undoes nothing
        return f"none, because {in_words(error)}"
    return tag
