"""Every request of a push and of a start x every failure: see `stand_in_hub/fault_table.py`."""

from collections import Counter

import pytest

from tests.conftest import upload
from tests.stand_in_hub.fault_table import Case, Stage
from tests.stand_in_hub.server import FAULTS

TRANSIENT = ("429", "500", "503", "lost answer", "cut off", "wrong size")  # met once, they must not be the end
pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def stage(hub, small_releases, tmp_path):
    return Stage(hub, *small_releases, upload, tmp_path / "kept")


@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_push_the_repository_holds_the_old_release_or_the_whole_new_one(stage, fault, always, fault_counts):
    requests, whole = stage.requests_of_push()
    outcomes = Counter(stage.outcome_of_push(Case(request, fault, always), whole) for request in requests)
    fault_counts["push", fault, always] = outcomes
    assert len(requests) >= 15
    if fault in TRANSIENT and not always:
        assert set(outcomes) == {"pushed"}


@pytest.mark.parametrize(
    ("always", "cached"),
    [(False, True), (True, True), (True, False)],
    ids=["once", "always", "always, nothing cached"],
)
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_start_a_verified_release_is_served_and_it_is_said_which(stage, fault, always, cached, fault_counts):
    requests = stage.requests_of_start()
    outcomes = Counter(stage.outcome_of_start(Case(request, fault, always), cached=cached) for request in requests)
    fault_counts["start, release cached" if cached else "start, empty cache", fault, always] = outcomes
    assert len(requests) == 9
    if fault in TRANSIENT and not always:
        assert set(outcomes) == {"new"}
