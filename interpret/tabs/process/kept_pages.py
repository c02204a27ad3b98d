"""The page, its configuration and the API's description, kept in memory: they are the same for every visitor.

Gradio writes 0.9 MB anew for each, a tenth of a second of one core, and sends them as they are. Kept, they wait for
nobody who computes, and are sent compressed to whoever takes that.
"""

import gzip
from collections import OrderedDict
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/", "/config", "/gradio_api/info")
DEPENDS_ON = ("page=", "deep_link=", "all_endpoints=")  # words of a query
ADDRESS = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")  # by which they name the app
MOST = 24  # by whatever address the app is asked for; those that nobody has asked for the longest make room


@dataclass(frozen=True)
class Kept:
    """An answer: its headers, its body, and its body compressed."""

    headers: Headers
    body: bytes
    compressed: bytes

    async def send(self, accepts: str, send: Send) -> None:
        headers = MutableHeaders(raw=list(self.headers.raw))
        headers["vary"] = "Accept-Encoding"
        body = self.body
        if "gzip" in accepts:
            body = self.compressed
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        await send({"type": "http.response.start", "status": 200, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


class KeptPages:
    """ASGI middleware, for `launch(app_kwargs={"middleware": [...]})`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        key = (scope["path"], scope["scheme"], scope.get("root_path", ""), *(asked.get(name, "") for name in ADDRESS))
        if key in self._kept:
            self._kept.move_to_end(key)
            await self._kept[key].send(asked.get("accept-encoding", ""), send)
            return
        answer = Recorded(send)
        await self._app(scope, receive, answer)
        if answer.is_the_same_for_everybody:
            self._kept[key] = Kept(answer.headers, answer.body, gzip.compress(answer.body))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def may_be_kept(scope: Scope) -> bool:
    """Whether the answer depends on the address alone. A link to a view is followed once the page is there."""
    query = scope["query_string"].decode("latin-1")
    return scope["path"] in PATHS and not any(each in query for each in DEPENDS_ON)


class Recorded:
    """Passes an answer on, and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send, self._status = send, 0
        self.headers, self.body = Headers(), b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self.headers = message["status"], Headers(raw=list(message["headers"]))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        await self._send(message)

    @property
    def is_the_same_for_everybody(self) -> bool:
        """Whether it is whole, and nothing of it is for one visitor alone."""
        said = self.headers.get("content-length")
        return self._status == 200 and "set-cookie" not in self.headers and said == str(len(self.body))
