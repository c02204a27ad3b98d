import os
import sys
import threading
from contextvars import ContextVar

import pytest

from interpret.attribution.steps import finish
from interpret.tabs.computing.threads import FIRST, NICENESS, ComputingThreads

VISITOR: ContextVar[str] = ContextVar("visitor")


@pytest.fixture
def threads() -> ComputingThreads:
    """One thread, so that what waits is done in an order that can be told."""
    return ComputingThreads(count=1)


def test_an_answer_and_an_error_reach_whoever_asked(threads):
    assert threads.computing(lambda a, b=1: (a, b))(3, b=4) == (3, 4)
    with pytest.raises(ValueError, match="no such cell"):
        threads.run(lambda: (_ for _ in ()).throw(ValueError("no such cell")))


def test_steps_come_one_by_one_and_those_that_nobody_wants_any_more_are_not_computed(threads):
    done = []

    def handler(count: int):
        try:
            for number in range(count):
                done.append(number)
                yield number
        finally:
            done.append("closed")

    assert list(threads.computing(handler)(3)) == [0, 1, 2]
    done.clear()
    steps = threads.computing(handler)(100)
    assert (next(steps), next(steps)) == (0, 1)
    steps.close()
    assert done == [0, 1, "closed"]


def test_an_error_between_two_steps_reaches_whoever_asked(threads):
    def handler():
        yield 1
        raise ValueError("lost")

    steps = threads.computing(handler)()
    assert next(steps) == 1
    with pytest.raises(ValueError, match="lost"):
        next(steps)


def test_it_computes_in_the_context_of_whoever_asked(threads):
    VISITOR.set("Anna")
    assert threads.run(VISITOR.get) == "Anna"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priorities of their own")
def test_it_computes_at_a_lower_priority_and_leaves_the_caller_its_own(threads):
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert threads.run(niceness) == max(before, NICENESS) and niceness() == before


def in_order_of_their_places(threads: ComputingThreads, jobs: list[tuple[str, int]]) -> list[str]:
    """In which order these are done, by name and place, all of which began to wait while the only thread was held."""
    held, holding, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        holding.set()
        held.wait()

    asked = [threading.Thread(target=threads.run, args=(hold,))]
    asked[0].start()
    holding.wait()
    for name, place in jobs:
        asked.append(threading.Thread(target=threads.run, args=(order.append, name), kwargs={"place": place}))
        asked[-1].start()
        while threads._waiting.qsize() < len(asked) - 1:
            pass
    held.set()
    for each in asked:
        each.join()
    return order


def test_a_first_step_passes_the_later_steps_of_what_is_slow_and_of_these_the_oldest_question_comes_first(threads):
    jobs = [("later", 7), ("earlier", 3), ("quick", FIRST), ("quick too", FIRST)]
    assert in_order_of_their_places(threads, jobs) == ["quick", "quick too", "earlier", "later"]


def test_what_is_quick_is_answered_between_two_steps_of_what_is_slow(threads):
    """A slow computation in three steps asks, in its second one, for something quick, as another visitor would."""
    order, visitor = [], []

    def slow():
        for number in range(3):
            if number == 1:
                visitor.append(threading.Thread(target=threads.run, args=(order.append, "quick")))
                visitor[0].start()
                while not threads._waiting.qsize():
                    pass
            order.append(number)
            yield number / 3
        return "the map"

    assert finish(threads.step_by_step(slow())) == "the map"
    visitor[0].join()
    assert order == [0, 1, "quick", 2]
