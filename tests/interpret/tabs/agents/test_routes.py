"""Which addresses agents get, with the package `mcp` and without."""

import logging
from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.testclient import TestClient

from interpret.tabs.agents import routes


def test_mcp_is_on_where_its_package_is_installed(blocks):
    assert [each.path for each in routes.routes_for_agents(blocks)] == ["/llms.txt", "/gradio_api/mcp{rest:path}"]


def test_mcp_is_off_with_one_line_where_its_package_is_missing(blocks, monkeypatch, caplog):
    monkeypatch.setattr(routes, "find_spec", lambda name: None if name == "mcp" else find_spec(name))
    with caplog.at_level(logging.INFO, logger=routes.__name__):
        assert [each.path for each in routes.routes_for_agents(blocks)] == ["/llms.txt"]
    assert [record.message.partition(":")[0] for record in caplog.records] == ["MCP is off"]


def test_the_page_for_language_models_names_the_address_that_was_asked(blocks):
    answer = TestClient(Starlette(routes=routes.routes_for_agents(blocks)), base_url="http://xray.example").get(
        "/llms.txt"
    )
    assert answer.headers["content-type"].startswith("text/plain")
    assert "http://xray.example/gradio_api/mcp" in answer.text
