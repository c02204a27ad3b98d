"""The documents, as tests read them: blocks of code, commands, tables, headings."""

import re
from pathlib import Path

from tests.conftest import ROOT

README, DOCS = ROOT / "README.md", ROOT / "docs"
DOCUMENTS = (README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<!`)!?\[[^]]*\]\(([^)\s]+)\)")
COMMAND = r"([A-Z0-9_]+=\S+ )*(python|pip|pytest) |hf auth login"
PLACEHOLDER = re.compile(r"<[a-z ]+>")


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages; those that name none are of the language ""."""
    return [code for language, code in FENCED.findall(document.read_text()) if language in languages]


def prose(document: Path) -> str:
    """The document without its fenced blocks."""
    return FENCED.sub("", document.read_text())


def spans(document: Path) -> list[str]:
    """What stands in backticks, within lines."""
    return re.findall(r"`([^`\n]+)`", prose(document))


def commands(document: Path) -> list[str]:
    """Every line of its blocks in no language or in bash, and the spans that start as a command.

    Output stands in blocks of text. Placeholders, as <your user>, are words.
    """
    lines = "".join(blocks(document, "", "bash")).replace("\\\n", " ").splitlines()
    found = [line.strip() for line in lines] + [span for span in spans(document) if re.match(COMMAND, span)]
    return [PLACEHOLDER.sub("name", line) for line in found if line]


def headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def rows(text: str, first_column: str) -> list[list[str]]:
    """The rows of the first table whose first column is called so, without its two lines of head."""
    table = text[re.search(rf"^\| {re.escape(first_column)}\s*\|", text, re.MULTILINE).start() :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()[2:]]
