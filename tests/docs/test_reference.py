"""The reference of the API in docs/api.md is that of the app, as tests/data/api.json records it: every endpoint, every
parameter, every default."""

import json
import re

import pytest

from interpret.attribution.methods import METHOD_NAMES
from model.network import CIFAR10_CLASSES, STAGE_NAMES
from tests.docs import DOCS, README, blocks, rows
from tests.docs.api import RECORD

ENDPOINTS = json.loads(RECORD.read_text())["named_endpoints"]
TEXT = (DOCS / "api.md").read_text()
SECTIONS = dict(re.findall(r"^#### `(/\w+)`\n(.*?)(?=^###|\Z)", TEXT, re.DOTALL | re.MULTILINE))
ANSWERED_BY = re.compile(r" Answered by release \w+ \([^)]+\)\.")
A_TEST_PICTURE = 2405  # the only parameter that is no picture and has no default: the number of an error


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


WORDS = {word: spans(meaning) for word, meaning in rows(TEXT, "word")}


def names_of(cell: str) -> set[object]:
    """The names that a cell of the column "allowed" stands for."""
    found = {json.loads(span) for span in spans(cell)}
    outside = re.sub(r"`[^`]+`", "", cell).replace("a list of methods", "a method")
    return found.union(*(names for word, names in WORDS.items() if re.search(rf"\b{word}\b", outside)))


def test_every_endpoint_has_a_section_and_no_other_has():
    assert sorted(SECTIONS) == sorted(ENDPOINTS)
    assert f"All {len(ENDPOINTS)} endpoints" in README.read_text()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_section_says_first_what_the_endpoint_says_of_itself(endpoint):
    assert SECTIONS[endpoint].split("\n\n")[0].strip() == ANSWERED_BY.sub("", ENDPOINTS[endpoint]["description"])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_its_table_has_every_parameter_in_order_with_its_default(endpoint):
    promised = ENDPOINTS[endpoint]["parameters"]
    written = rows(SECTIONS[endpoint], "parameter") if promised else []
    assert [spans(row[0]) for row in written] == [[each["parameter_name"]] for each in promised]
    for row, each in zip(written, promised, strict=True):
        default = each["parameter_default"]
        if not each["parameter_has_default"]:
            assert row[1] == "required"
        elif each["parameter_name"] == "methods":
            left_out = {json.loads(span) for span in spans(row[1].removeprefix("all but "))}
            assert set(METHOD_NAMES) - left_out == set(default)
        else:
            assert json.loads(*spans(row[1])) == default


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_its_table_says_what_is_allowed(endpoint):
    for each in ENDPOINTS[endpoint]["parameters"]:
        (row,) = [row for row in rows(SECTIONS[endpoint], "parameter") if spans(row[0]) == [each["parameter_name"]]]
        kind = each["type"]
        choices = kind.get("enum") or kind.get("items", {}).get("enum")
        if each["parameter_name"] == "cells":
            assert row[2] == "a list of cells" and WORDS["a cell"] == [choices[0], choices[-1]]
        elif choices:
            assert names_of(row[2]) == set(choices)
        elif between := re.match(r"numeric value between (\S+) and (\S+)", kind.get("description", "")):
            assert row[2] == f"{between[1]} to {between[2]}"
        elif kind["type"] == "boolean":
            assert names_of(row[2]) == {True, False}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_its_line_for_curl_holds_all_defaults_in_order(endpoint):
    (line,) = re.findall(rf"```text\nPOST /gradio_api/call{endpoint}\n(.+)\n```", SECTIONS[endpoint])
    parameters = ENDPOINTS[endpoint]["parameters"]
    required = {"image": "a picture", "test_index": A_TEST_PICTURE}
    assert json.loads(line.replace("IMAGE", '"a picture"'))["data"] == [
        each["parameter_default"] if each["parameter_has_default"] else required[each["parameter_name"]]
        for each in parameters
    ]


def test_the_words_of_the_tables_stand_for_what_there_is():
    assert tuple(WORDS["a class"]) == CIFAR10_CLASSES
    assert tuple(WORDS["a layer"]) == STAGE_NAMES
    assert set(WORDS["a method"]) == set(METHOD_NAMES)


def test_what_the_javascript_calls_exists():
    (code,) = blocks(DOCS / "api.md", "javascript")
    ((endpoint, arguments),) = re.findall(r'client\.predict\("(/\w+)", \{(.*?)\}\)', code, re.DOTALL)
    names = set(re.findall(r"^ {2}(\w+):", arguments, re.MULTILINE))
    assert names <= {each["parameter_name"] for each in ENDPOINTS[endpoint]["parameters"]}
    required = {p["parameter_name"] for p in ENDPOINTS[endpoint]["parameters"] if not p["parameter_has_default"]}
    assert required <= names
    (position,) = re.findall(r"answer\.data\[(\d)\]", code)
    assert ENDPOINTS[endpoint]["returns"][int(position)]["component"] == "Markdown"
