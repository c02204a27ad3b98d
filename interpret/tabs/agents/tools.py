"""What agents are told of the endpoints: as tools, each with a schema of its arguments, and as llms.txt."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.utils import get_function_description

PICTURE = "Its data URL (data:image/png;base64,...) or web address (https://...)."
HEAD = """\
# {title}

> A small residual network decides which of ten things a picture shows, and this app shows why.

MCP, if this app has it: {root}/gradio_api/mcp (streamable HTTP). From Python: `gradio_client.Client("{root}")`; from
JavaScript: `@gradio/client`; over HTTP: `POST {root}/gradio_api/call/NAME` with
`{{"data": [the arguments, in order]}}`, then `GET {root}/gradio_api/call/NAME/EVENT_ID`.
All of it as JSON: {root}/gradio_api/info

## Endpoints
"""


class CallError(ValueError):
    """A call that cannot be passed on; the message is for the caller. `status` is what HTTP says of it."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Tool:
    """An endpoint by its name without a slash: what it does and returns, and a JSON schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]
    pictures: frozenset[str]
    outputs: int

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.schema["properties"]

    def check_names(self, given: Iterable[str]) -> None:
        """Raises CallError for a name that the tool does not know, and for one that is missing."""
        given = list(given)
        if unknown := [name for name in given if name not in self.parameters]:
            known = ", ".join(self.parameters) or "nothing"
            raise CallError(f"{self.name} takes no {', '.join(unknown)}; it takes {known}.")
        if missing := [name for name in self.schema["required"] if name not in given]:
            raise CallError(f"{self.name} needs {', '.join(missing)}.")

    def as_text(self) -> str:
        """Its entry in llms.txt."""
        lines = [f"### {self.name}", "", self.description, ""]
        for name, each in self.parameters.items():
            default = f" Default: {json.dumps(each['default'])}." if "default" in each else " Required."
            choices = f" One of {json.dumps(each['enum'])}." if "enum" in each else ""
            lines.append(f"- `{name}` ({each.get('type', 'any')}): {each.get('description', '')}{choices}{default}")
        return "\n".join(lines).rstrip() + "\n"


def tool_named(name: str, tools: Mapping[str, Tool], called: str = "endpoint") -> Tool:
    """Raises CallError, with the names that there are."""
    if name not in tools:
        raise CallError(f"There is no {called} {name!r}; there are {', '.join(tools)}.", 404)
    return tools[name]


def tools_of(demo: gr.Blocks) -> dict[str, Tool]:
    """Every public endpoint of the page, by name, in the order of the API."""
    handlers = {each.api_name: each.fn for each in demo.fns.values() if each.fn and each.api_visibility == "public"}
    return {
        path[1:]: _tool(path[1:], endpoint, *get_function_description(handlers[path[1:]]))
        for path, endpoint in demo.get_api_info()["named_endpoints"].items()
    }


def _tool(name: str, endpoint: Mapping[str, Any], says: str, meanings: dict[str, str], returns: list[str]) -> Tool:
    parameters = endpoint["parameters"]
    schema = {
        "type": "object",
        "properties": {each["parameter_name"]: _schema(each, meanings) for each in parameters},
        "required": [each["parameter_name"] for each in parameters if not each["parameter_has_default"]],
        "additionalProperties": False,
    }
    whole = " ".join([says, *(["Returns:", *returns] if returns else [])])
    pictures = frozenset(each["parameter_name"] for each in parameters if each["component"] == "Image")
    return Tool(name, whole, schema, pictures, len(endpoint["returns"]))


def _schema(parameter: dict[str, Any], meanings: dict[str, str]) -> dict[str, Any]:
    meaning = meanings.get(parameter["parameter_name"], "")
    if parameter["component"] == "Image":
        return {"type": "string", "description": f"{meaning} {PICTURE}".strip()}
    described = {**parameter["type"], "description": meaning or parameter["type"].get("description", "")}
    return {**described, "default": parameter["parameter_default"]} if parameter["parameter_has_default"] else described


def llms_txt(title: str, root: str, tools: Mapping[str, Tool]) -> str:
    """The page for language models: where to call, and all endpoints with their parameters. `root` is the app's
    address without a slash at its end."""
    return "\n".join([HEAD.format(title=title, root=root), *(each.as_text() for each in tools.values())])
