"""How the page's settings ask for answers: what is asked again, in which order, and what is shown until then.

Gradio fires an event that it kept for later (`always_last`) again for all handlers of its trigger, so two that share it
would set each other off for ever. What is kept has a trigger of its own. (`load` is fired handler by handler.)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.data_classes import GradioModel, GradioRootModel
from gradio.processing_utils import move_files_to_cache

from interpret.tabs.page.static import script
from interpret.tabs.page.stopping import Stops, count_a_stop

AT_A_TIME = 32  # questions to the network that are begun; who computes next is decided by `ComputingThreads`
MODEL_QUEUE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": AT_A_TIME}
QUIET: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {"queue": False, **PRIVATE}  # however long the queue is
# No click that chooses a picture is passed over while another is answered, and the last one is answered last.
IN_TURN: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_id": "choose", "concurrency_limit": 1, **PRIVATE}


def keep_statuses_apart(demo: gr.Blocks) -> None:
    """Has the status of every event so far without a progress bar kept on one component that nobody sees.

    Gradio keeps it on all outputs, and with every step of any event writes it anew into each component that ever had
    one, and into all that such a component holds: through the tabs, into the whole page.
    """
    unseen = gr.Markdown(visible=False)
    for event in demo.fns.values():
        if event.show_progress == "hidden":
            event.show_progress_on = [unseen]


def endpoint(handler: Callable[..., Any], inputs: Any, outputs: Any, api_name: str, **options: Any) -> None:
    """Offers a handler to the API alone, documented by the components that it reads and writes."""
    gr.on([], handler, inputs, outputs, api_name=api_name, **options)


def latest_wins(
    triggers: list[Any],
    handler: Callable[..., Any],
    inputs: Any,
    outputs: Any,
    *,
    dims: Any = None,
    within: gr.Accordion | gr.Tab | None = None,
    opens_with: Mapping[Component, Any] | None = None,
    **options: Any,
) -> gr.events.Dependency:
    """Calls `handler` whenever one of `triggers` fires; while it is busy, only the last of them is kept for later.

    The handler's own trigger is a hidden counter. Until it has answered, its old answers stay, dimmed (those in `dims`,
    by default all of its outputs). What is shown `within` an accordion or a tab is asked for only while that is open,
    and when it opens. If it is known what the page `opens_with`, values by component, it opens with the answer to that.
    """
    if opens_with:
        answer_at_once(handler, inputs, outputs, opens_with)
    shown = outputs if dims is None else dims
    counter = gr.Number(0, visible=False)
    counting = script("increment", within=None)
    if within is not None:
        opens = within.expand if isinstance(within, gr.Accordion) else within.select
        opens(None, counter, counter, js=counting, trigger_mode="multiple", **PRIVATE)
        counting = script("increment", within=within.elem_id)
    gr.on(triggers, None, counter, counter, js=counting, trigger_mode="multiple", **PRIVATE)
    answering = counter.change(handler, inputs, outputs, js=_dimming(shown, True), **QUIET, **options)
    for ending in (answering.then, answering.failure):
        ending(None, js=_dimming(shown, False), **PRIVATE)
    return answering


def emptied_by(triggers: list[Any], shown: dict[Any, str | None], asked: gr.events.Dependency) -> None:
    """Empties what is shown, each component to its own empty value, as soon as one of `triggers` fires, and cancels
    what was `asked`: it would answer a question that is no longer on the page. The browser does it, without asking."""
    empty = script("empty", values=list(shown.values()), button=None, stop=None, ended=False)
    gr.on(triggers, None, None, list(shown), js=empty, cancels=[asked], trigger_mode="multiple", **PRIVATE)


def asked_by(
    button: gr.Button,
    stop: gr.Button,
    handler: Callable[..., Any],
    inputs: list[Any],
    outputs: list[Any],
    running: list[Any],
    *,
    shown: dict[Any, str | None],
    given_up_by: list[Any],
) -> None:
    """Calls a handler that can stop when `button` is clicked, which is dimmed until it has answered; `stop` ends it.

    `running` are the components that show that it runs; the handler's first input is the visitor's `Stops`. When one of
    `given_up_by` fires, what is `shown` is emptied, each component to its own empty value, and what runs is stopped; an
    answer that was on its way is emptied when it is there. An event that is cancelled instead passes over what is asked
    of it until the server has done the step that it is in.
    """
    values, name, stop_name = list(shown.values()), button.elem_id, stop.elem_id
    at_once, at_its_end = (
        script("empty", values=values, button=name, stop=stop_name, ended=ended) for ended in (False, True)
    )
    stops = gr.State(Stops())
    asking = button.click(
        handler,
        [stops, *inputs],
        [*outputs, *running],
        js=_dimming(button, True),
        api_visibility="private",
        **QUIET,
        **MODEL_QUEUE,
    )
    for ending in (asking.then, asking.failure):
        ending(None, None, list(shown), js=at_its_end, **PRIVATE)
        ending(None, js=_dimming(button, False), **PRIVATE)
    stop.click(count_a_stop, stops, running, **AT_ONCE)
    gr.on(given_up_by, None, None, list(shown), js=at_once, trigger_mode="multiple", **PRIVATE)


def _dimming(outputs: Any, dimmed: bool) -> str:
    listed = outputs if isinstance(outputs, list) else [outputs]
    return script("dim", ids=[each.elem_id for each in listed if each.elem_id], dimmed=dimmed)


def answer_at_once(handler: Callable[..., Any], inputs: Any, outputs: Any, given: Mapping[Component, Any]) -> None:
    """Puts into `outputs` what `handler` answers about the values that `inputs` have as the page opens, or are `given`.

    Of a handler that answers in steps it is the last one that counts.
    """
    asked, shown = (each if isinstance(each, list) else [each] for each in (inputs, outputs))
    answer = handler(*(given.get(each, each.value) for each in asked))
    if isinstance(answer, Iterator):
        *_, answer = answer
    for component, value in zip(shown, answer if len(shown) > 1 else (answer,), strict=True):
        _update(component, value)


def _update(component: Component, value: Any) -> None:
    updates = dict(value) if isinstance(value, dict) and value.get("__type__") == "update" else {"value": value}
    for name, each in updates.items():
        if name == "value":
            component.value = _as_the_page_has_it(component, each)
        elif name in (props := getattr(component, "props", {})):
            props[name] = each
        elif name != "__type__":
            setattr(component, name, each)


def _as_the_page_has_it(component: Component, value: Any) -> Any:
    """As Gradio stores the value that a component is made with: files are kept as long as the app runs."""
    if isinstance(component, gr.State):
        return value
    processed = component.postprocess(value)
    stored = processed.model_dump() if isinstance(processed, GradioModel | GradioRootModel) else processed
    return move_files_to_cache(stored, component, postprocess=True, keep_in_cache=True)
