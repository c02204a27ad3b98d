"""What axe finds on a page that people with a screen reader, or with weak eyes, would stumble on."""

import re
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, how badly, and the nodes that break it, each as its selector and its markup."""

    rule: str
    impact: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Tolerated:
    """A rule that nodes which look like this may break, by whose doing, and why."""

    rule: str
    looks: re.Pattern[str]
    whose: str
    why: str


GRADIO, OURS = "Gradio", "ours"
TOLERATED = (
    Tolerated(
        "nested-interactive",
        re.compile('class="toast-header'),
        GRADIO,
        "the head of a note is a button around its close button; both answer to the keyboard",
    ),
    Tolerated(
        "aria-prohibited-attr",
        re.compile('aria-label="Empty value"'),
        GRADIO,
        "the icon in an empty gallery has a name and no role; the sentence above says that there is nothing",
    ),
    Tolerated(
        "scrollable-region-focusable",
        re.compile("^#(examples|errors-to-try|photographs) "),
        OURS,
        "on phones the examples scroll sideways; all of them are one Tab stop, and arrow keys scroll to each",
    ),
)
# What is out of date is dimmed on purpose, until its answer is there.
DIMMED = ".asked"


def violations(page: Page, within: str | None = None) -> list[Violation]:
    """What breaks a rule on the page, or within a selector."""
    context = {"exclude": [[DIMMED]]} | ({"include": [[within]]} if within else {})
    found = Axe().run(page, context=context, options=OPTIONS).response["violations"]
    return [
        Violation(each["id"], each["impact"], tuple(f"{node['target'][0]}  {node['html']}" for node in each["nodes"]))
        for each in found
    ]


def tolerated(rule: str, node: str) -> Tolerated | None:
    """What lets a node break a rule; None if that is ours to mend."""
    return next((each for each in TOLERATED if each.rule == rule and each.looks.search(node)), None)


def to_mend(found: list[Violation]) -> set[tuple[str, str]]:
    """The rules and nodes among what was found that are ours to mend."""
    return {(each.rule, node) for each in found for node in each.nodes if tolerated(each.rule, node) is None}
