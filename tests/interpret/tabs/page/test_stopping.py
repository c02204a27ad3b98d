import gradio as gr

from interpret.tabs.page.stopping import NOT_RUNNING, Stops, stoppable


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
