"""What leads to the states of several tabs: a picture that is uploaded, a section that is unfolded, a link."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.browsing import Visit


@dataclass(frozen=True)
class State:
    """How a state is reached. Tests have axe look at those that are `quick`."""

    reach: Callable[[Visit], None]
    quick: bool = False


def as_it_opens(tab: str) -> str:
    """The name of the state that a tab opens in."""
    return f"{tab.lower().replace(' ', '-')}-fresh"


def fresh(tab: str) -> dict[str, State]:
    """The state that a tab opens in, by its name."""
    return {as_it_opens(tab): State(lambda visit: visit.show(tab), quick=True)}


def unfolded(tab: str, title: str, *shown: str) -> State:
    """A tab with this section unfolded, once these selectors show something in it."""
    return State(partial(_unfold, tab=tab, title=title, shown=shown))


def _unfold(visit: Visit, tab: str, title: str, shown: tuple[str, ...]) -> None:
    visit.show(tab)
    unfold_in_sight(visit, title)
    for each in shown:
        expect(visit.page.locator(each).first).to_be_visible()


def unfold_in_sight(visit: Visit, title: str) -> None:
    """As `unfold`, where sections of several tabs are called so."""
    visit.page.get_by_role("button", name=title).locator("visible=true").first.click()
    visit.answered()


def prepared(tab: str, title: str, button: str, files: str) -> State:
    """A tab with the files that a button in this section makes ready."""
    return State(partial(_prepare, tab=tab, title=title, button=button, files=files))


def _prepare(visit: Visit, tab: str, title: str, button: str, files: str) -> None:
    _unfold(visit, tab, title, ())
    visit.page.locator(button).click()
    visit.page.locator(f"{files} a[download]").first.wait_for()


def upload(visit: Visit, content: bytes, name: str = "picture.png") -> None:
    """Puts a file into the picture panel."""
    file = FilePayload(name=name, mimeType="image/png", buffer=content)
    visit.page.locator("#picture input[type=file]").set_input_files(file)


def png_of(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def follow(visit: Visit, query: str) -> None:
    """Opens the page anew at a link with this query, and waits for the note that tells of it."""
    visit.page.goto(f"{visit.page.url.split('?')[0]}?{query}")
    expect(visit.page.locator("#link-note")).to_be_visible()
    visit.answered()


def fill(visit: Visit, selector: str, value: str) -> None:
    """Types into a field, and leaves it for nothing else: lists open when the focus comes to them."""
    visit.page.locator(selector).fill(value)
    visit.page.locator(selector).blur()
