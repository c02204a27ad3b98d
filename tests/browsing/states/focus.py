"""The states in which the keyboard's focus stands on something: its ring must be seen."""

from functools import partial

from tests.browsing import Visit
from tests.browsing.states.reaching import State


def focus(visit: Visit, selector: str, arrived_by: str = "Shift") -> None:
    """Stands on what the selector finds. Browsers draw the ring once a key has been pressed."""
    visit.page.keyboard.press(arrived_by)
    visit.page.locator(selector).first.focus()


def skip_link(visit: Visit) -> None:
    visit.page.keyboard.press("Tab")


def in_a_list(visit: Visit) -> None:
    visit.page.get_by_label("Method", exact=True).focus()
    visit.page.keyboard.press("ArrowDown")
    visit.page.get_by_role("option").first.wait_for()


def in_the_matrix(visit: Visit) -> None:
    visit.show("Misclassified")
    focus(visit, "#confusion button[tabindex='0']")


def on(selector: str) -> State:
    return State(partial(focus, selector=selector))


STATES = {
    "focus-on-the-skip-link": State(skip_link),
    "focus-on-a-tab": on("[role=tab][aria-selected=true]"),
    "focus-on-an-example": on("#examples .thumbnail-item"),
    "focus-on-a-button": on("#live button"),
    "focus-on-a-section": on(".tabitem .label-wrap"),
    "focus-on-a-slider": on("input[type=range]"),
    "focus-on-a-checkbox": on("#erase-cells input"),
    "focus-on-the-brush": on("#brush canvas"),
    "focus-in-a-list": State(in_a_list),
    "focus-in-the-matrix": State(in_the_matrix),
}
