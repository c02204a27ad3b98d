"""The optional tables of a release that an answer needs."""

from typing import Any

from interpret.choices import ChoiceError
from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY
from model.channels.pooled import POOLED
from model.release import Release

TABLES = {GALLERY: "gallery", CHANNELS: "channels", POOLED: "pooled"}


def needed(release: Release, name: str) -> Any:
    """What the table of this name holds. Raises ChoiceError, which says why, if the release lacks it."""
    if name == CHANNELS:
        needed(release, GALLERY)  # whose rows it speaks of
    found = getattr(release, TABLES[name])
    if found is None:
        raise ChoiceError(f"This release cannot tell: {name} {release.lacks.get(name, 'is not there')}.")
    return found
