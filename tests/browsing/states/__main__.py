"""A picture of every state of the page, and what axe finds in each: `python -m tests.browsing.states FOLDER`.

It starts the app on the bundled release and writes `<state>.<device>.<scheme>.png` for every state on a desktop in
light, and for each tab as it opens also in dark, on a phone, on a tablet, and on a phone in dark: states differ in what
they show, devices and schemes in how a tab is laid out and coloured, and the whole product would teach nothing more.
`axe.json`, and the table at the end, say which rules are broken by which nodes in which states, and whether that is
Gradio's own doing; `tests/browsing/axe.py` has the reasons. The exit status is 1 if something is to be mended, or if a
state was not reached.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error

from model.release import BUNDLED
from tests.browsing import DESKTOP, PHONE, TABLET, TABS, Visit, running_chromium
from tests.browsing.axe import Violation, tolerated, violations
from tests.browsing.picture import app_at
from tests.browsing.states import STATES
from tests.browsing.states.reaching import as_it_opens

CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
TOUCHED = {"has_touch": True, "is_mobile": True}
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "tablet": {"viewport": TABLET, **TOUCHED},
    "phone": {"viewport": PHONE, **TOUCHED},
}
# Pictures far below the window load once it comes near them, which a screenshot does not wait for.
SHOW_ALL = "() => { for (const image of document.images) image.loading = 'eager'; }"
OF_EVERY_STATE = (("desktop", "light"),)
OF_EVERY_TAB = (*OF_EVERY_STATE, ("desktop", "dark"), ("tablet", "light"), ("phone", "light"), ("phone", "dark"))
TO_MEND = "to mend"
logger = logging.getLogger("states")


@dataclass(frozen=True)
class Shot:
    """A state on a device in a scheme."""

    state: str
    device: str
    scheme: str

    @property
    def title(self) -> str:
        return f"{self.state}.{self.device}.{self.scheme}"


@dataclass
class Row:
    """A rule that is broken, by whose doing and for which reason; all nodes that break it, and in which states."""

    rule: str
    impact: str
    whose: str
    nodes: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def line(self) -> str:
        first, *others = self.states
        where = f"{first} and {len(others)} more" if others else first
        return f"{self.rule:28}{self.impact:10}{len(self.nodes):>4}  {where:60}{self.whose}"


def shots(beginnings: list[str]) -> Iterator[Shot]:
    """What is taken of the states whose names begin with one of these; of all, if there are none."""
    tabs = {as_it_opens(tab) for tab in TABS}
    for name in STATES:
        if not beginnings or name.startswith(tuple(beginnings)):
            for device, scheme in OF_EVERY_TAB if name in tabs else OF_EVERY_STATE:
                yield Shot(name, device, scheme)


def take(browser: Browser, url: str, shot: Shot, folder: Path) -> list[Violation]:
    """Reaches a state on a page of its own, writes its picture, and returns what axe finds there. Raises Playwright's
    Error or AssertionError if it cannot be reached."""
    context = browser.new_context(**DEVICES[shot.device], color_scheme=shot.scheme)
    try:
        visit = Visit(context.new_page())
        visit.open(url)
        STATES[shot.state].reach(visit)
        visit.page.evaluate(SHOW_ALL)
        visit.answered()
        visit.page.screenshot(path=folder / f"{shot.title}.png", full_page=True)
        return violations(visit.page)
    finally:
        context.close()


def take_all(url: str, folder: Path, wanted: list[Shot]) -> dict[str, list[Violation]]:
    """What axe finds in each, by title; one that is not reached is logged, and is missing."""
    found = {}
    with running_chromium(*CAMERA) as browser:
        for shot in wanted:
            try:
                found[shot.title] = take(browser, url, shot, folder)
                logger.info("%s", shot.title)
            except (Error, AssertionError) as error:
                logger.error("%s was not reached: %s", shot.title, error)
    return found


def rows(found: dict[str, list[Violation]]) -> list[Row]:
    """What axe found by rule, what is to be mended first."""
    table: dict[tuple[str, str], Row] = {}
    for title, broken in found.items():
        for each in broken:
            for node in each.nodes:
                known = tolerated(each.rule, node)
                whose = TO_MEND if known is None else f"{known.whose}: {known.why}"
                row = table.setdefault((each.rule, whose), Row(each.rule, each.impact, whose))
                row.nodes += [node] if node not in row.nodes else []
                row.states += [title] if title not in row.states else []
    return sorted(table.values(), key=lambda row: (row.whose != TO_MEND, row.rule))


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures and axe.json are written")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="states whose names begin so")
    parser.add_argument("--url", help="of an app that runs already (default: one is started)")
    return parser.parse_args(arguments)


def main() -> None:
    options = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = list(shots(options.only))
    with app_at(options.url, COMPARE_REPO_ID=str(BUNDLED)) as url:
        found = take_all(url, options.folder, wanted)
    table = rows(found)
    (options.folder / "axe.json").write_text(json.dumps([asdict(row) for row in table], indent=2))
    sys.stdout.write("\n".join([f"{len(found)} of {len(wanted)} states reached", *(row.line() for row in table), ""]))
    sys.exit(len(found) < len(wanted) or any(row.whose == TO_MEND for row in table))


if __name__ == "__main__":
    main()
