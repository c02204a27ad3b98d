import threading
import time

import pytest

from model.retry import by_deadline, retry


class Flaky:
    """Fails a number of times, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures, self.calls = failures, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError(f"failure {self.calls}")
        return "answer"


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that were waited for, without waiting."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


def test_each_wait_is_twice_as_long_as_the_one_before(waits):
    assert retry(Flaky(3), lambda error: True, attempts=4, first_wait=0.25) == "answer"
    assert waits == [0.25, 0.5, 1.0]


def test_after_the_last_attempt_its_own_error_is_raised(waits):
    task = Flaky(5)
    with pytest.raises(ConnectionError, match="failure 2"):
        retry(task, lambda error: True, attempts=2)
    assert task.calls == 2


def test_an_error_that_is_not_transient_is_raised_at_once(waits):
    task = Flaky(1)
    with pytest.raises(ConnectionError):
        retry(task, lambda error: isinstance(error, TimeoutError))
    assert (task.calls, waits) == (1, [])


def test_tasks_run_side_by_side_and_their_results_keep_their_order():
    meeting = threading.Barrier(2, timeout=60)  # breaks if one task waits for the other's end
    tasks = [lambda: (meeting.wait(), "first")[1], lambda: (meeting.wait(), "second")[1]]
    assert by_deadline(time.monotonic() + 60, tasks) == ["first", "second"]


def test_a_deadline_that_passes_is_a_timeout():
    release = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            by_deadline(time.monotonic() + 0.05, [release.wait])
    finally:
        release.set()


def test_a_tasks_own_error_is_raised():
    with pytest.raises(ConnectionError, match="failure 1"):
        by_deadline(time.monotonic() + 60, [Flaky(1)])
