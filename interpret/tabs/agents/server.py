"""The endpoints as tools of the Model Context Protocol (MCP), over streamable HTTP and without sessions.

Gradio has a server of its own (`launch(mcp_server=True)`), but that of 6.31 names tools after handlers, and answers a
call that asks for no progress with the text of a tuple, in which pictures are paths on the server. Mending it would
mean to override most of it, and none of that is public. So this one stands on what is: `Blocks.get_api_info`,
gradio_client and the `mcp` package. Calls go through the app's own queue, as those of every client, with the same
limits and errors.
"""

import threading
from functools import cached_property, partial
from typing import Any

import anyio
import anyio.to_thread
import gradio as gr
from gradio.route_utils import get_root_url
from gradio_client import Client, handle_file
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from interpret.tabs.agents.answers import contents
from interpret.tabs.agents.tools import CallError, Tool, tool_named, tools_of
from interpret.tabs.page.components.inputs import MAX_DATA_URL

AT_ONCE = 40  # calls that wait for the queue, each in a thread: as many as gradio_client has
PATIENCE = 120  # seconds until the app takes a call
HERE = "This address is for MCP clients, which POST to it; docs/api.md tells how to set one up.\n"

UNTOLD = "The upstream Gradio app has raised an exception"  # how gradio_client begins where the app says nothing
FAILED = "The app could not answer this call, and that is its own fault: its log says why."


class McpServer:
    """Answers at /gradio_api/mcp: POST speaks MCP, and GET .../schema lists the tools, as Hugging Face asks of Spaces.

    The page must be served by the time of the first call; nothing is prepared before.
    """

    def __init__(self, demo: gr.Blocks) -> None:
        self._demo = demo
        self._connecting = threading.Lock()
        self._client: Client | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await self._about(scope)(scope, receive, send)
            return
        limit = MAX_DATA_URL + 2**20
        manager = StreamableHTTPSessionManager(self._server, stateless=True, max_request_body_size=limit)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _about(self, scope: Scope) -> Response:
        if scope["method"] == "GET" and scope["path"].endswith("/schema"):
            return JSONResponse([each.model_dump(exclude_none=True) | _as_gradio(each) for each in self._listed()])
        return PlainTextResponse(HERE, status_code=405, headers={"Allow": "POST"})

    @cached_property
    def _tools(self) -> dict[str, Tool]:
        return tools_of(self._demo)

    def _listed(self) -> list[types.Tool]:
        return [
            types.Tool(name=each.name, description=each.description, inputSchema=dict(each.schema))
            for each in self._tools.values()
        ]

    @cached_property
    def _server(self) -> Server:
        server: Server = Server(str(self._demo.title))
        limiter = anyio.CapacityLimiter(AT_ONCE)

        @server.list_tools()
        async def list_tools() -> list[types.Tool]:
            return self._listed()

        @server.call_tool(validate_input=False)  # the app's own errors say more
        async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
            root = get_root_url(_request(server), "/gradio_api/mcp", self._demo.root_path)
            return await anyio.to_thread.run_sync(partial(self._call, name, arguments, root), limiter=limiter)

        return server

    def _call(self, name: str, arguments: dict[str, Any], root: str) -> types.CallToolResult:
        try:
            tool = tool_named(name, self._tools, called="tool")
            outputs = self._connected().predict(api_name=f"/{name}", **taken(tool, arguments))
        except ValueError as error:  # gradio_client's AppError is one
            said = FAILED if str(error).startswith(UNTOLD) else str(error)
            return types.CallToolResult(content=[types.TextContent(type="text", text=said)], isError=True)
        each = outputs if tool.outputs > 1 else [outputs]
        return types.CallToolResult(content=[content for output in each for content in contents(output, root)])

    def _connected(self) -> Client:
        with self._connecting:
            if self._client is None:
                self._client = Client(
                    self._demo.local_url,
                    verbose=False,
                    download_files=False,
                    analytics_enabled=False,
                    httpx_kwargs={"timeout": PATIENCE},
                )
            return self._client


def _as_gradio(tool: types.Tool) -> dict[str, Any]:
    """What Gradio's own server adds to a tool in its schema; without it the page's API panel breaks."""
    return {"meta": {"mcp_type": "tool", "endpoint_name": tool.name, "file_data_present": False}}


def _request(server: Server) -> Request:
    """What came over HTTP."""
    request = server.request_context.request
    if not isinstance(request, Request):
        raise TypeError(f"MCP is served over HTTP only, not over {type(request).__name__}")
    return request


def taken(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as gradio_client takes them.

    Raises CallError for a name that the tool does not know, for one that is missing, and for a picture that is neither
    a data URL nor a web address.
    """
    tool.check_names(arguments)
    return {name: _picture(name, value) if name in tool.pictures else value for name, value in arguments.items()}


def _picture(name: str, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("data:"):
        return {"url": value}
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return handle_file(value)
    raise CallError(
        f"{name} must be the picture's data URL (data:image/png;base64,...) or its web address (https://...)."
    )
