"""Live on the page, with a camera that Chromium plays: on, explained, off; and what is said where there is none."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browsing import DESKTOP, PHONE, Visit, choose, launched

pytestmark = pytest.mark.browser
ELSEWHERE = "camera.test"  # the same app under a name that browsers do not trust
ON, OFF = re.compile("Live: explain"), re.compile("Stop: switch the camera off")
NO_CAMERA = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"));
"""
TRACKS = """
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
window.tracks = [];
if (open) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    camera = "--use-fake-device-for-media-stream"
    with launched(camera, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1") as found:
        yield found


@contextmanager
def visiting(browser, url: str, *, allowed: bool = True, before: str = TRACKS, viewport=DESKTOP) -> Iterator[Visit]:
    """A fresh page, which may use the camera or not; `before` runs before all that is on it."""
    context = browser.new_context(viewport=ViewportSize(**viewport), permissions=["camera"] if allowed else [])
    visit = Visit(context.new_page())
    visit.page.add_init_script(before)
    visit.frames = []
    visit.page.on("request", lambda request: visit.frames.append(request) if is_frame(request) else None)
    visit.open(url)
    yield visit
    context.close()


def is_frame(request) -> bool:
    return urlparse(request.url).path.rstrip("/").endswith("/component_server")


def switch(visit: Visit):
    return visit.page.locator("#live button")


def told(visit: Visit):
    return visit.page.locator("#live .live-told")


def answered(visit: Visit, count: int) -> None:
    """Waits until so many frames have been explained."""
    visit.page.wait_for_function(
        "count => [...document.querySelectorAll('[data-answers]')].some((each) => each.dataset.answers >= count)",
        arg=count,
    )


def so_far(visit: Visit) -> int:
    """How many frames have been explained; at least one has."""
    return int(visit.page.locator("[data-answers]").get_attribute("data-answers"))


def closed(visit: Visit) -> None:
    """Waits until the camera is off."""
    visit.page.wait_for_function("window.tracks.length && window.tracks.every((each) => each.readyState === 'ended')")


def test_one_click_explains_what_the_camera_sees_and_another_switches_it_off(browser, app):
    with visiting(browser, app.url) as visit:
        assert visit.frames == [], "nothing is asked before"
        before = visit.asked.total()
        switch(visit).click()
        answered(visit, 8)
        expect(switch(visit)).to_have_text(OFF)
        expect(switch(visit)).to_have_attribute("aria-pressed", "true")
        expect(visit.page.locator("#live .live-map img").first).to_be_visible()
        expect(visit.page.locator("#live .live-label .confidence")).to_have_count(3)
        expect(visit.page.locator("#live .live-sentence")).to_contain_text("evidence")
        assert len({request.post_data for request in visit.frames}) >= 7, "frames differ"
        switch(visit).click()
        closed(visit)
        expect(switch(visit)).to_have_text(ON)
        expect(visit.page.locator("#live video")).to_be_hidden()
        sent = len(visit.frames)
        assert visit.settles() and len(visit.frames) == sent, "nothing is asked afterwards"
        assert visit.asked.total() == before and visit.errors == []


def test_live_follows_the_choices_of_the_tab(browser, app):
    with visiting(browser, app.url) as visit:
        switch(visit).click()
        titles = visit.page.locator("#live .live-map figcaption")
        choose(visit, "Explain", "ship")
        expect(titles.first).to_have_text("Evidence for ship")
        choose(visit, "Compare with", "cat")
        expect(titles.nth(1)).to_have_text("Evidence for cat")
        choose(visit, "Method", "Occlusion (measured)")
        expect(told(visit)).to_have_text("Occlusion is no method for Live: this is Grad-CAM.")
        expect(switch(visit)).to_have_text(OFF)
        assert visit.errors == []


def test_it_ends_when_nobody_sees_it_any_more(browser, app):
    with visiting(browser, app.url) as visit:
        switch(visit).click()
        answered(visit, 2)
        visit.show("Kernels")
        closed(visit)
        visit.page.get_by_role("tab", name="GradCAM", exact=True).click()
        expect(told(visit)).to_contain_text("Live has ended because it was out of sight")
        before = so_far(visit)
        switch(visit).click()
        answered(visit, before + 2)
        visit.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
        closed(visit)
        expect(told(visit)).to_contain_text("Live has ended because the page was left")


def test_it_works_by_keyboard_on_a_phone_and_without_a_picture(browser, app):
    with visiting(browser, app.url, viewport=PHONE) as visit:
        visit.page.get_by_label("Remove Image").click()
        switch(visit).focus()
        visit.page.keyboard.press("Space")
        answered(visit, 2)
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        visit.page.keyboard.press("Space")
        closed(visit)
        assert visit.errors == []


def test_a_visitor_who_does_not_allow_the_camera_is_told_how_to(browser, app):
    with visiting(browser, app.url, allowed=False) as visit:
        switch(visit).click()
        expect(told(visit)).to_have_text(
            "The camera may not be used: allow it for this page in the browser, and click again."
        )
        expect(switch(visit)).to_have_text(ON)
        assert visit.frames == []


def test_a_device_without_a_camera_is_said_to_have_none(browser, app):
    with visiting(browser, app.url, before=NO_CAMERA) as visit:
        switch(visit).click()
        expect(told(visit)).to_have_text("There is no camera on this device.")
        expect(switch(visit)).to_have_attribute("aria-pressed", "false")


def test_a_page_that_is_not_secure_says_why_it_has_no_camera(browser, app):
    with visiting(browser, app.url.replace("127.0.0.1", ELSEWHERE), allowed=False) as visit:
        switch(visit).click()
        expect(told(visit)).to_contain_text("Browsers open a camera for secure pages only")
        expect(switch(visit)).to_have_attribute("aria-pressed", "false")
