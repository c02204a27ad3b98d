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

from interpret.tabs.agents.tools import Tool, tools_of

# Whatever takes JSON, apart from MCP, which has errors of its own.
TAKES_JSON = re.compile(
    r".*/gradio_api/(?:call/(?P<name>[^/]+)/?|call/v2/(?P<named>[^/]+)/?|(?P<other>(?:run|api)/.+|queue/join)|cancel|reset)"
)


class RefusalError(Exception):
    """Why a request is not passed on: one sentence, and the HTTP status."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


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
                data = completed(self._tool(match["name"]), document.get("data"))
                body = json.dumps({**document, "data": data}).encode()
            elif match["named"]:
                check_names(self._tool(match["named"]), document)
            elif match["other"]:
                self._check_function(document)
        except RefusalError as refusal:
            await JSONResponse({"error": refusal.sentence}, refusal.status)(scope, receive, send)
            return
        await self._app(_sized(scope, body), _again(body, receive), send)

    def _tool(self, name: str) -> Tool:
        if name not in self._tools:
            raise RefusalError(f"There is no endpoint /{name}. There are /{', /'.join(self._tools)}.", 404)
        return self._tools[name]

    def _check_function(self, document: dict[str, Any]) -> None:
        """What the page and the clients send names a function of the page by its number."""
        index, functions = document.get("fn_index"), self._demo.fns
        if index is not None and (not isinstance(index, int) or index not in functions or functions[index].fn is None):
            raise RefusalError(f"There is no function {index!r}.", 404)
        if not isinstance(document.get("data"), list):
            raise RefusalError('Send {"data": [...]} with the values of the function, in order.')


def completed(tool: Tool, data: Any) -> list[Any]:
    """The values for all parameters of an endpoint: those that were sent, and defaults of those left out at the end.

    Raises RefusalError if they are no list, too many, or if one is missing that has no default.
    """
    names = ", ".join(tool.parameters)
    if not isinstance(data, list):
        raise RefusalError(f'Send {{"data": [...]}} with the values of /{tool.name} in this order: {names}.')
    if len(data) > len(tool.parameters):
        count = len(tool.parameters)
        raise RefusalError(f"/{tool.name} takes {count} values, not {len(data)}, in this order: {names}.")
    left_out = list(tool.parameters.items())[len(data) :]
    if missing := [each for each, schema in left_out if "default" not in schema]:
        raise RefusalError(f"/{tool.name} needs {', '.join(missing)}. Its values, in order: {names}.")
    return [*data, *(schema["default"] for _, schema in left_out)]


def check_names(tool: Tool, document: dict[str, Any]) -> None:
    """Raises RefusalError if a name is none of the endpoint's, or if one is missing that has no default."""
    names = ", ".join(tool.parameters)
    if unknown := sorted(set(document) - set(tool.parameters)):
        raise RefusalError(f"/{tool.name} has no {', '.join(unknown)}. It has {names}.")
    if missing := [each for each in tool.schema["required"] if each not in document]:
        raise RefusalError(f"/{tool.name} needs {', '.join(missing)}. It has {names}.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusalError("The body of this request is no JSON.", 400) from error
    if not isinstance(document, dict):
        raise RefusalError("The body of this request must be a JSON object.", 400)
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
