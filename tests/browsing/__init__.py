"""A real browser on a running app, for all tests of the page. What is waited for is an answer, never a time."""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, TimeoutError, expect, sync_playwright

if TYPE_CHECKING:
    from tests.conftest import RunningApp

TABS = ("GradCAM", "Misclassified", "Feature maps", "Kernels")
FIRST_PICTURE = {
    "GradCAM": "#gradcam-overlay img",
    "Misclassified": "#misclassified-gallery img",
    "Feature maps": "#feature-maps-stages img",
    "Kernels": "#kernels-picture img",
}
PATIENCE = 90_000  # milliseconds: a busy machine answers late; what is expected stays the same
expect.set_options(timeout=PATIENCE)
ANSWERED = "limit => window.answered(limit)"
QUESTIONS = Path(__file__).with_name("questions.js")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}


@dataclass
class Visit:
    """A page with what it complained about, whom it asked, and how often it asked each of the app's handlers."""

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    asked: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.add_init_script(path=QUESTIONS)
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.page.wait_for_selector(FIRST_PICTURE["GradCAM"])
        self.answered()

    def _note(self, request: Request) -> None:
        address = urlparse(request.url)
        self.hosts.add(address.hostname or "")
        if address.path.endswith("/queue/join"):
            self.asked[json.loads(request.post_data or "")["fn_index"]] += 1

    def answered(self) -> None:
        """Waits until all that the page has asked is answered and drawn, and what it asked then in turn."""
        assert self.page.evaluate(ANSWERED, PATIENCE), "the page has questions without an answer"

    def settles(self, quiet: float = 1.0, at_most: int = 100) -> bool:
        """Whether the page, which nobody touches, stops asking the server: after its last answer no question for so
        many seconds, and before that no more than so many questions."""
        before = self.asked.total()
        while self.asked.total() - before <= at_most:
            if not self.page.evaluate(ANSWERED, 2_000):
                continue
            asks = lambda request: urlparse(request.url).path.endswith("/queue/join")  # noqa: E731
            try:
                self.page.wait_for_event("request", asks, timeout=1_000 * quiet)
            except TimeoutError:
                return True
        return False

    def is_told(self, words: str) -> None:
        """Waits until the page has told this, in a note that may be gone since."""
        self.page.wait_for_function("words => [...window.told].some((each) => each.includes(words))", arg=words)

    def is_told_once(self, words: str) -> None:
        """As `is_told`, and no note says it twice."""
        self.is_told(words)
        self.answered()
        times = "words => [...window.told].map((each) => each.split(words).length - 1)"
        assert max(self.page.evaluate(times, words)) == 1

    def show(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab, exact=True).click()
        self.page.locator(FIRST_PICTURE[tab]).first.wait_for()
        self.answered()


@contextmanager
def held(app: "RunningApp", title: str) -> Iterator[None]:
    """Whatever shows a progress bar with this title goes no further in the meantime."""
    app.held.write_text(title)
    try:
        yield
    finally:
        app.held.unlink()


def choose(visit: Visit, control: str, option: str) -> None:
    """An option of a dropdown list, by its label."""
    visit.page.get_by_label(control, exact=True).first.click()
    visit.page.get_by_role("option", name=option, exact=True).click()


def show_a_new_picture(visit: Visit, folder: Path) -> None:
    """A picture that nobody has asked about: the app keeps what took it long, and answers the next one at once."""
    Image.effect_noise((64, 64), 90).convert("RGB").save(folder / "new.png")
    before = visit.page.locator("#seen img").get_attribute("src")
    visit.page.locator("#picture input[type=file]").set_input_files(folder / "new.png")
    expect(visit.page.locator("#seen img")).not_to_have_attribute("src", before or "")


def unfold(visit: Visit, title: str) -> None:
    visit.page.get_by_role("button", name=re.compile(title)).click()


def chromium() -> str | None:
    """The browser's program; None if there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def running_chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium, with these further arguments."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *arguments])
        yield found
        found.close()


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """Chromium, for tests, which are skipped without it."""
    if chromium() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Chromium")
        pytest.skip("needs Chromium: install it, or name its program in CHROMIUM")
    with running_chromium(*arguments) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture
def visit(browser: Browser, app: "RunningApp") -> Iterator[Visit]:
    context = browser.new_context(viewport=DESKTOP)
    visit = Visit(context.new_page())
    visit.open(app.url)
    yield visit
    context.close()
