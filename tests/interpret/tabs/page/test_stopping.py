import threading

import gradio as gr

from interpret.tabs.computing.threads import ComputingThreads
from interpret.tabs.page.stopping import NOT_RUNNING, Stops, count_a_stop, stoppable


def test_stop_ends_the_steps_of_whoever_pressed_it_and_of_nobody_else():
    closed = []

    def handler(name: str):
        try:
            for step in range(5):
                yield f"answer {step}", "bar", "button"
        finally:
            closed.append(name)

    mine, others = Stops(), Stops()
    stopped, going_on = stoppable(handler)(mine, "mine"), stoppable(handler)(others, "other")
    assert next(stopped) == next(going_on) == ("answer 0", "bar", "button")
    mine.count += 1
    (nothing, *rest), *no_more = stopped
    assert nothing == gr.skip() and tuple(rest) == NOT_RUNNING and not no_more
    assert closed == ["mine"]
    assert len(list(going_on)) == 4


def test_what_is_asked_after_stop_is_answered_whole():
    stops = Stops(count=3)
    assert len(list(stoppable(lambda: iter([("answer", "bar", "button")] * 3))(stops))) == 3


def test_stop_does_not_wait_for_others_whose_steps_come_before(monkeypatch):
    """The only thread is held up by another visitor's step; ours waits behind it, and is stopped."""
    monkeypatch.setattr("interpret.tabs.computing.threads.PATIENCE", 0.01)
    threads, held, holding, taken = ComputingThreads(count=1), threading.Event(), threading.Event(), []

    def hold() -> None:
        holding.set()
        held.wait()

    @threads.computing
    def handler():
        for step in range(3):
            taken.append(step)
            yield f"answer {step}", "bar", "button"

    stops = Stops()
    mine = stoppable(handler)(stops)
    assert next(mine) == ("answer 0", "bar", "button")
    other = threading.Thread(target=threads.run, args=(hold,))
    other.start()
    holding.wait()
    pressing = threading.Timer(0.05, count_a_stop, [stops])
    pressing.start()
    assert list(mine) == [(gr.skip(), *NOT_RUNNING)]
    held.set()
    other.join()
    assert threads.run(lambda: taken) == [0]
