"""The states of the page that `python -m tests.browsing.states` takes pictures of: which there are, what axe finds."""

import pytest
from playwright.sync_api import expect

from tests.browsing import TABLET
from tests.browsing.axe import to_mend, violations
from tests.browsing.states import STATES
from tests.browsing.states.__main__ import OF_EVERY_TAB, Shot, shots
from tests.browsing.states.reaching import as_it_opens

pytestmark = pytest.mark.browser
QUICK = [name for name, state in STATES.items() if state.quick]
RING = "control => getComputedStyle(control).outlineStyle + ' ' + getComputedStyle(control).outlineWidth"


def test_every_tab_of_the_page_is_a_state_on_every_device_in_both_schemes(visit):
    taken = set(shots([]))
    tabs = visit.page.get_by_role("tab").all_inner_texts()
    assert len(tabs) >= 4
    for tab in tabs:
        assert {Shot(as_it_opens(tab), *each) for each in OF_EVERY_TAB} <= taken


def test_only_states_whose_names_begin_so_are_taken():
    assert {shot.state for shot in shots(["focus-on-a-t", "trouble-b"])} == {"focus-on-a-tab", "trouble-bad-upload"}


@pytest.mark.parametrize("name", QUICK)
def test_a_state_is_reached_and_has_nothing_that_a_screen_reader_or_weak_eyes_stumble_on(visit, name):
    STATES[name].reach(visit)
    visit.answered()
    assert to_mend(violations(visit.page)) == set()


def test_what_the_keyboard_stands_on_has_a_ring(visit):
    for control in ("input[type=range]", "input[type=checkbox]", "input[type=radio]", "[role=combobox]"):
        visit.page.keyboard.press("Shift")
        visit.page.locator(f".tabitem {control}").first.focus()
        assert visit.page.locator(f".tabitem {control}").first.evaluate(RING) == "solid 2px", control


def test_captions_of_errors_and_headings_of_tables_have_room_for_their_words(visit):
    visit.page.set_viewport_size(TABLET)
    visit.show("Misclassified")
    narrowest = "each => Math.min(...each.map((one) => one.getBoundingClientRect().width))"
    assert visit.page.locator("#misclassified-gallery .caption-label").evaluate_all(narrowest) >= 70
    visit.page.get_by_role("button", name="As a table").locator("visible=true").click()
    headings = visit.page.locator("#misclassified-table th")
    expect(headings.first).to_be_visible()
    assert headings.evaluate_all(narrowest) >= 85
