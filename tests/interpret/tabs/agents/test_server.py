"""What is passed on of a call, and what the address answers to those who speak no MCP."""

import gradio as gr
import pytest
from starlette.testclient import TestClient

from interpret.tabs.agents.server import McpServer, taken
from interpret.tabs.agents.tools import CallError, Tool

PREDICT = Tool(
    "predict",
    "Says what it is.",
    {"type": "object", "properties": {"image": {}, "squaring": {}}, "required": ["image"]},
    frozenset({"image"}),
    1,
)
DATA = "data:image/png;base64,AAAA"


def test_a_data_url_is_passed_on_as_it_is():
    assert taken(PREDICT, {"image": DATA, "squaring": "fit"}) == {"image": {"url": DATA}, "squaring": "fit"}


def test_a_web_address_is_left_to_the_app_to_fetch():
    assert taken(PREDICT, {"image": "https://example.com/cat.png"})["image"]["url"] == "https://example.com/cat.png"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "predict needs image."),
        ({"image": DATA, "colour": 1}, "predict takes no colour; it takes image, squaring."),
        ({"image": "/etc/hostname"}, "image must be the picture's data URL"),
        ({"image": {"path": "/etc/hostname"}}, "image must be the picture's data URL"),
        ({"image": None}, "image must be the picture's data URL"),
    ],
)
def test_a_call_that_cannot_be_passed_on_is_answered_in_a_sentence(arguments, said):
    with pytest.raises(CallError, match=said):
        taken(PREDICT, arguments)


def test_a_browser_is_told_what_the_address_is_for(blocks):
    answer = TestClient(McpServer(blocks)).get("/gradio_api/mcp")
    assert answer.status_code == 405 and "MCP" in answer.text


def test_the_schema_lists_the_tools(blocks):
    gr.api(lambda: 1, api_name="one")
    (tool,) = TestClient(McpServer(blocks)).get("/gradio_api/mcp/schema").json()
    assert tool["name"] == "one" and tool["inputSchema"]["type"] == "object"
    assert tool["meta"] == {"mcp_type": "tool", "endpoint_name": "one", "file_data_present": False}, "for the API panel"
