"""The app, asked by the client of the package `mcp`, as an agent asks it."""

import asyncio
import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from tests.answers import CAT, confidences_of, pixels_of
from tests.conftest import EXAMPLES, ROOT
from tests.docs import DOCS, blocks

SECTIONS = dict(
    re.findall(r"^#### `/(\w+)`\n(.*?)(?=^###|\Z)", (DOCS / "api.md").read_text(), re.DOTALL | re.MULTILINE)
)
ENDPOINTS = json.loads((ROOT / "tests" / "data" / "api.json").read_text())["named_endpoints"]
DATA_URL = f"data:image/png;base64,{base64.b64encode((EXAMPLES / 'cat.png').read_bytes()).decode()}"
Ask = Callable[..., Any]


@pytest.fixture
def ask(app) -> Ask:
    """Calls a method of a client's session of its own, once it is connected to the address that api.md names."""
    (config,) = blocks(DOCS / "api.md", "json")
    address = json.loads(config)["mcpServers"]["cifar-xray"]["url"].replace(
        "http://127.0.0.1:7860", app.url.rstrip("/")
    )

    async def asked(method: str, *arguments: Any) -> Any:
        async with (
            httpx.AsyncClient(timeout=240) as http,
            streamable_http_client(address, http_client=http) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await getattr(session, method)(*arguments)

    return lambda *arguments: asyncio.run(asked(*arguments))


def test_its_tools_are_the_endpoints_with_their_whole_descriptions(ask):
    tools = {tool.name: tool for tool in ask("list_tools").tools}
    assert sorted(tools) == sorted(SECTIONS)
    for name, tool in tools.items():
        returns = re.search(r"^Returns: (.+)$", SECTIONS[name], re.MULTILINE)[1]
        whole = f"{ENDPOINTS[f'/{name}']['description']} Returns: {returns}"
        assert tool.description.casefold() == whole.casefold()
        assert list(tool.inputSchema["properties"]) == [
            each["parameter_name"] for each in ENDPOINTS[f"/{name}"]["parameters"]
        ]
        assert all(each["description"] for each in tool.inputSchema["properties"].values()), name


def test_it_gets_the_same_numbers_and_pictures_as_pythons_client(ask, client):
    confidences, *pictures, sentence = ask("call_tool", "gradcam", {"image": DATA_URL, "top_k": 10}).content
    label, overlay, cells, said, _ = client.predict(CAT, top_k=10, api_name="/gradcam")
    assert confidences_of(json.loads(confidences.text)) == confidences_of(label)
    assert sentence.text == said
    for picture, expected in zip(pictures, (overlay, cells), strict=True):
        assert (picture.type, picture.mimeType) == ("image", "image/png")
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data))).convert("RGB"))
        assert np.array_equal(pixels, pixels_of(expected))


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("gradcam", {"image": DATA_URL, "opacity": 7}, "opacity: 7 is no number from 0 to 1."),
        (
            "gradcam",
            {"image": DATA_URL, "class_name": "zebra"},
            "class_name (Explain): 'zebra' is not one",
        ),
        ("predict", {"image": "data:image/png;base64,AAAA"}, "This file could not be read as a picture;"),
        ("predict", {"image": "/etc/hostname"}, "image must be the picture's data URL"),
        ("predict", {"image": "http://127.0.0.1:9/cat.png"}, "Upload the picture,"),
        ("predict", {}, "predict needs image."),
        ("paint", {}, "There is no tool 'paint'; there are"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_one_text(ask, tool, arguments, said):
    result: types.CallToolResult = ask("call_tool", tool, arguments)
    (content,) = result.content
    assert result.isError and content.text.startswith(said)
    assert "\n" not in content.text and "/tmp" not in content.text


def test_every_endpoint_stands_on_the_page_for_language_models(app):
    text = httpx.get(f"{app.url.rstrip('/')}/llms.txt", timeout=120).text
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [name.lstrip("/") for name in ENDPOINTS]
    assert f"{app.url.rstrip('/')}/gradio_api/mcp" in text
