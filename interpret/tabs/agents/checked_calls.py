"""Requests for answers, looked at before Gradio does: a call over HTTP may leave out what has a default, and what
Gradio would answer without a word, or with status 500, is refused in a sentence."""

import json
import re
from functools import cached_property
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interpret.tabs.agents.tools import CallError, Tool, tool_named, tools_of

# Whatever takes JSON, apart from MCP, which has errors of its own.
TAKES_JSON = re.compile(
    r".*/gradio_api/(?:call/(?P<name>[^/]+)/?|call/v2/(?P<named>[^/]+)/?|(?P<other>(?:run|api)/.+|queue/join)|cancel|reset)"
)


class CheckedCalls:
    """ASGI middleware of the app that serves `demo`, for `launch(app_kwargs={"middleware": [...]})`."""

    def __init__(self, app: ASGIApp, demo: gr.Blocks) -> None:
        self._app, self._demo = app, demo

    @cached_property
    def _tools(self) -> dict[str, Tool]:
        return tools_of(self._demo)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        match = TAKES_JSON.fullmatch(scope["path"]) if is_post else None
        if match is None:
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        try:
            document = _object(body)
            if match["name"]:
                left_out = defaults_after(tool_named(match["name"], self._tools), document.get("data"))
                if left_out:
                    body = json.dumps({**document, "data": [*document["data"], *left_out]}).encode()
            elif match["named"]:
                tool_named(match["named"], self._tools).check_names(document)
            elif match["other"]:
                self._check_function(document)
        except CallError as error:
            await JSONResponse({"error": str(error)}, error.status)(scope, receive, send)
            return
        await self._app(_sized(scope, body), _again(body, receive), send)

    def _check_function(self, document: dict[str, Any]) -> None:
        """What the page and the clients send names a function of the page by its number."""
        index, functions = document.get("fn_index"), self._demo.fns
        if index is not None and (not isinstance(index, int) or index not in functions or functions[index].fn is None):
            raise CallError(f"There is no function {index!r}.", 404)
        if not isinstance(document.get("data"), list):
            raise CallError('Send {"data": [...]} with the values of the function, in order.')


def defaults_after(tool: Tool, data: Any) -> list[Any]:
    """The defaults of the parameters that the values sent leave out at the end.

    Raises CallError if the values are no list, too many, or if one is missing that has no default.
    """
    names = list(tool.parameters)
    if not isinstance(data, list):
        raise CallError(f'Send {{"data": [...]}} with the values of {tool.name} in this order: {", ".join(names)}.')
    if len(data) > len(names):
        raise CallError(f"{tool.name} takes {len(names)} values, not {len(data)}, in this order: {', '.join(names)}.")
    tool.check_names(names[: len(data)])
    return [tool.parameters[name]["default"] for name in names[len(data) :]]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")  # Python reads it as a number, which Gradio can then not write


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CallError("The body of this request is no JSON.", 400) from error
    if not isinstance(document, dict):
        raise CallError("The body of this request must be a JSON object.", 400)
    return document


def _sized(scope: Scope, body: bytes) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"content-type")]
    own = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    return {**scope, "headers": [*headers, *own]}


def _again(body: bytes, receive: Receive) -> Receive:
    """What a request sends, from the beginning, though its body was read."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_part() -> Message:
        return parts.pop() if parts else await receive()

    return next_part
