"""Releases that say how strong their maps usually are, or nothing of it."""

from dataclasses import replace

from interpret.attribution.methods import METHOD_NAMES
from interpret.strength import METRICS_KEY
from model.network import STAGE_NAMES
from model.release import Release


def with_strength(release: Release, value: float | None) -> Release:
    """The release with this strength for every method and stage, or with none."""
    stages = dict.fromkeys(STAGE_NAMES, value)
    said = {METRICS_KEY: {"methods": {name: {"stages": stages} for name in METHOD_NAMES}}}
    metrics = {key: each for key, each in release.metrics.items() if key != METRICS_KEY} | (said if value else {})
    return replace(release, metrics=metrics)
