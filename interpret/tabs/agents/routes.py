"""The addresses for agents: /llms.txt, and /gradio_api/mcp where the package `mcp` is installed."""

import logging
from importlib.util import find_spec

import gradio as gr
from gradio.route_utils import get_root_url
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from interpret.tabs.agents.tools import llms_txt, tools_of

logger = logging.getLogger(__name__)


def routes_for_agents(demo: gr.Blocks) -> list[BaseRoute]:
    """What `launch(app_kwargs={"routes": ...})` takes. Nothing is read of the page before somebody asks."""

    def for_language_models(request: Request) -> Response:
        root = get_root_url(request, "/llms.txt", demo.root_path)
        return PlainTextResponse(llms_txt(str(demo.title), root, tools_of(demo)))

    routes: list[BaseRoute] = [Route("/llms.txt", for_language_models)]
    if find_spec("mcp") is None:
        logger.info('MCP is off: the package mcp is not installed, which comes with "gradio[mcp]"')
        return routes
    from interpret.tabs.agents.server import McpServer

    return [*routes, Route("/gradio_api/mcp{rest:path}", McpServer(demo))]
