import time

from interpret.tabs.process.health import answered_within, is_busy, waiting, with_health


def test_a_page_that_nobody_asks_is_idle(blocks):
    assert (waiting(blocks), is_busy(blocks), answered_within(blocks, 60)) == (0, False, 0)


def test_a_question_that_is_being_answered_keeps_it_busy(blocks):
    blocks._queue.active_jobs = [None, []]
    assert is_busy(blocks) and waiting(blocks) == 0


def test_what_was_asked_and_answered_in_the_last_seconds_is_counted(blocks):
    now = time.time()
    blocks._queue.event_analytics = {
        name: {"time": now - age, "status": status}
        for name, age, status in (("a", 5, "success"), ("b", 50, "success"), ("c", 5, "failed"), ("d", 500, "success"))
    }
    assert [answered_within(blocks, seconds) for seconds in (10, 60, 1000)] == [1, 2, 3]


def test_the_release_is_told_together_with_how_the_app_is_doing(blocks):
    def about() -> dict:
        """Which release."""
        return {"release": "abc"}

    told = with_health(blocks, about)
    assert told() == {"release": "abc", "uptime_seconds": 0, "queue_length": 0, "answered_last_minute": 0}
    assert told.__doc__ == about.__doc__
