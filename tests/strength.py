"""Releases that say how strong their maps usually are, or nothing of it."""

from dataclasses import replace

from interpret.attribution.methods import METHOD_NAMES
from model.metrics import MethodStrength, StrengthFigures
from model.network import STAGE_NAMES
from model.release import Release


def with_strength(release: Release, value: float | None) -> Release:
    """The release with this strength for every method and stage, or with none."""
    said = None
    if value:
        strength = MethodStrength(None, dict.fromkeys(STAGE_NAMES, value))
        said = StrengthFigures(None, dict.fromkeys(METHOD_NAMES, strength))
    return replace(release, metrics=replace(release.metrics, map_strength=said))
