"""What an endpoint answers, as an agent gets it: pictures as pictures, numbers as JSON, sentences as they are."""

import base64
import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gradio_client.utils import is_file_obj_with_meta
from mcp import types


def contents(output: Any, root: str) -> Iterator[types.TextContent | types.ImageContent | types.ResourceLink]:
    """An output of an endpoint; nothing if it is empty. `root` is the app's address without a slash at its end.

    Pictures are read from the app's own cache, where it has just written them. Other files, which may have megabytes,
    come as links to where every client fetches them.
    """
    match output:
        case None | "" | []:
            return
        case str():
            yield types.TextContent(type="text", text=output)
        case dict() if is_file_obj_with_meta(output):
            yield _file(output, root)
        case {"image": dict() as image, "caption": caption}:
            yield from contents(image, root)
            yield from contents(caption, root)
        case list() if all(isinstance(each, dict) and ("image" in each or "meta" in each) for each in output):
            for each in output:
                yield from contents(each, root)
        case _:
            yield types.TextContent(type="text", text=json.dumps(output, ensure_ascii=False))


def _file(output: dict[str, Any], root: str) -> types.ImageContent | types.ResourceLink:
    path = Path(output["path"])
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind == "image/png":
        return types.ImageContent(type="image", data=base64.b64encode(path.read_bytes()).decode(), mimeType=kind)
    link = f"{root}/gradio_api/file={path.as_posix()}"
    return types.ResourceLink.model_validate(
        {"type": "resource_link", "uri": link, "name": path.name, "mimeType": kind}
    )
