import ast
import inspect
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from interpret.tabs.page import static
from interpret.tabs.page.static import FOLDER, markup, script, static_text
from tests.conftest import ROOT

SCRIPTS, PAGES, SHEETS = (
    sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob(f"*.{kind}")) for kind in ("js", "html", "css")
)
# Gradio runs these as the body of a function; the others are functions themselves.
BODIES = {"widgets/brush.js", "widgets/confusion.js", "widgets/live.js"}
VOID = {"input", "img", "br", "hr", "meta", "link"}
PARSE = """
([text, body]) => {
  try { new Function(body ? text : `return (\\n${text}\\n)`); return null; } catch (error) { return String(error); }
}
"""
# Each declaration must be one that Chromium knows; of a shorthand it keeps the parts.
RULES = """
(text) => {
  const sheet = new CSSStyleSheet(), unknown = [];
  sheet.replaceSync(text);
  const flat = (rules) => [...rules].flatMap((rule) => rule.style ? [rule] : [rule, ...flat(rule.cssRules)]);
  const rules = flat(sheet.cssRules);
  const plain = text.replace(/\\/\\*[^]*?\\*\\//g, "");
  for (const declaration of plain.matchAll(/([\\w-]+)\\s*:\\s*([^;{}]+)(?=[;}])/g)) {
    const value = declaration[2].replace("!important", "").trim();
    if (!CSS.supports(declaration[1], value)) unknown.push(declaration[0]);
  }
  return {rules: rules.length, unknown};
}
"""


@pytest.fixture(scope="module")
def blank(browser):
    page = browser.new_page()
    yield page
    page.close()


def placeholders(name: str) -> set[str]:
    return set(re.findall(r"\$(\w+)", static_text(name)))


def problem_of_script(blank, text: str, *, body: bool) -> str | None:
    return blank.evaluate(PARSE, [text, body])


@pytest.mark.browser
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_javascript_as_it_stands(blank, name):
    assert problem_of_script(blank, static_text(name), body=name in BODIES) is None


@pytest.mark.browser
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_lost_a_bracket_is_noticed(blank, name):
    text = static_text(name)
    broken = text[: text.rindex(")")] + text[text.rindex(")") + 1 :] if ")" in text else text[:-1]
    assert "SyntaxError" in str(problem_of_script(blank, broken, body=name in BODIES))


@pytest.mark.browser
@pytest.mark.parametrize("name", SHEETS)
def test_chromium_knows_every_rule_and_every_declaration_of_a_style_sheet(blank, name):
    text = static_text(name)
    found = blank.evaluate(RULES, text)
    assert text.count("{") == text.count("}") == found["rules"] > 40
    assert found["unknown"] == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (".a { color: red; } .b { colour: red; }", {"rules": 2, "unknown": ["colour: red"]}),
        (".a { width: 3 px; }", {"rules": 1, "unknown": ["width: 3 px"]}),
        (".a { color: red; } .b..c { color: red; }", {"rules": 1, "unknown": []}),
        ("@media (width > 1px) { .a { color: red; } }", {"rules": 2, "unknown": []}),
    ],
)
def test_a_slip_in_a_style_sheet_is_noticed(blank, text, found):
    assert blank.evaluate(RULES, text) == found


class Nesting(HTMLParser):
    """Which elements are open, and what is closed that is not."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_every_piece_of_html_is_closed_and_chromium_reads_as_many_elements_as_it_has_tags(blank, name):
    text = re.sub(r"<!--.*?-->", "", static_text(name), flags=re.DOTALL)
    nesting = Nesting(text)
    assert (nesting.open, nesting.faults) == ([], [])
    count = "(text) => new DOMParser().parseFromString(text, 'text/html').body.querySelectorAll('*').length"
    assert blank.evaluate(count, text) == len(re.findall(r"<[a-z]\w*", text)) > 0


def test_an_element_that_is_left_open_or_closed_twice_is_noticed():
    assert Nesting("<p><b>bold</p>").faults == ["p"]
    assert Nesting("<div><p>text</p>").open == ["div"]
    assert Nesting("text</p>").faults == ["p"]


def calls() -> list[tuple[str, set[str]]]:
    """Each use of a file with placeholders in the Python code: its name, and the placeholders that it fills."""
    found = []
    for path in [*(ROOT / "interpret").rglob("*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("script", "markup"):
                (name,) = node.args
                suffix = {"script": "js", "markup": "html"}[node.func.id]
                assert isinstance(name, ast.Constant), path
                found.append((f"{name.value}.{suffix}", {str(each.arg) for each in node.keywords}))
    return found


def test_python_fills_exactly_the_placeholders_of_each_file_that_it_uses():
    used = calls()
    assert [(name, filled) for name, filled in used if filled != placeholders(name)] == []
    assert {name for name, _ in used} >= {"dim.js", "header.html", "progress.html", "empty.js"}


def test_every_file_is_used_and_those_with_placeholders_only_where_they_are_filled():
    code = "\n".join(path.read_text() for path in (ROOT / "interpret").rglob("*.py"))
    whole = set(re.findall(r'static_text\("([\w./]+)"\)', code))
    assert {name for name, _ in calls()} | whole == {*SCRIPTS, *PAGES, *SHEETS}
    assert {name for name in whole if placeholders(name)} == set()


def test_values_reach_javascript_as_json_and_html_as_text():
    filled = script("empty", values=[None, 'say "no"', True], button=None, stop="it's", ended=False)
    assert 'values = [null, "say \\"no\\"", true],' in filled and 'getElementById("it\'s")' in filled
    shown = markup("progress", title='<b>"A" & B</b>', share="0.5")
    assert "&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;" in shown and "<b>" not in shown


@pytest.mark.parametrize("fill", [script, markup])
def test_a_placeholder_without_a_value_is_an_error(fill):
    with pytest.raises(KeyError):
        fill("empty" if fill is script else "progress")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ("", False),
        ("<div id='lens'>a tab</div>", True),
        ("<div id='lens' style='display: none'>a tab</div>", False),
        ("<div id='lens'><button class='label-wrap open'>an accordion</button></div>", True),
        ("<div id='lens'><button class='label-wrap'>an accordion</button></div>", False),
    ],
    ids=["not on the page", "open tab", "closed tab", "open accordion", "closed accordion"],
)
def test_what_nobody_sees_is_not_asked_for(blank, body, counts):
    blank.set_content(body)
    assert blank.evaluate(script("increment", within="lens"), 3) == (4 if counts else 3)


@pytest.mark.browser
def test_what_lies_in_no_tab_and_no_accordion_is_always_asked_for(blank):
    assert blank.evaluate(script("increment", within=None), 3) == 4


def test_a_file_is_read_as_it_stands():
    link = '(query) => query ? new URL(query, location.origin + location.pathname).href : ""'
    assert static_text("full_address.js").splitlines()[-1] == link
    assert json.loads(json.dumps(static_text("style.css"))) == (FOLDER / "style.css").read_text().strip()
    assert Path(inspect.getfile(static)).with_suffix("") == FOLDER
