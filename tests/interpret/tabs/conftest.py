"""A release that knows of some layers only what is lost without their channels."""

from dataclasses import replace

import pytest

from interpret.tabs.page.served import ServedRelease
from model.channels.facts import CHANNELS
from model.choice import Choice


@pytest.fixture(scope="session")
def partly_measured(served) -> ServedRelease:
    """The bundled release, had nobody measured what is lost without single channels of `prep_layer`."""
    whole = served.release
    channels = {**whole.channels, "prep_layer": replace(whole.channels["prep_layer"], right_without=None)}
    release = replace(whole, read_table=lambda name: channels if name == CHANNELS else whole.read_table(name))
    return ServedRelease(Choice(release, "bundled"), served.explainer)
