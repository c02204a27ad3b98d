"""The stand-in Hub's HTTP side: a record of all requests, and faults on demand."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from .protocol import ROUTES, Answer, Ask
from .repositories import RefusalError, Repositories, Repository

STATUSES = (401, 403, 404, 409, 412, 429, 500, 503)
MANGLINGS = ("hang", "lost answer", "cut off", "flipped byte", "wrong size", "another commit")
FAULTS: tuple[str, ...] = (*map(str, STATUSES), *MANGLINGS)


@dataclass
class StandInHub:
    """Runs in this process. `fault_at` maps a request's line, or (line, how many of it came before), to a fault;
    `on_request` may interfere with anything, and name a fault itself."""

    url: str
    repositories: Repositories = field(default_factory=Repositories)
    requests: list[str] = field(default_factory=list)
    fault_at: dict[str | tuple[str, int], str] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    host_of_spaces: str = ""
    on_request: Callable[[str], str | None] = lambda line: None

    def reset(self) -> None:
        """Forgets everything, and lets requests that hang go."""
        self.stopping.set()
        self.__init__(self.url)  # type: ignore[misc]

    def model(self, name: str) -> Repository:
        return self.repositories.all["model", name]

    def record(self, line: str) -> str | None:
        """Notes a request, and says which fault it meets."""
        if "agent-harnesses" in line:  # the client asks for it at most once a day, whatever it does
            return None
        with self.repositories.lock:
            fault = self.fault_at.get((line, self.requests.count(line))) or self.fault_at.get(line)
            self.requests.append(line)
        return self.on_request(line) or fault

    def answer(self, method: str, path: str, ask: Ask) -> Answer:
        for (verb, pattern), respond in ROUTES.items():
            if verb == method and (match := re.fullmatch(pattern, path)):
                with self.repositories.lock:
                    return respond(self, ask, **{k: v and unquote(v) for k, v in match.groupdict().items()})
        raise RefusalError(404, f"The stand-in Hub knows no {method} {path}")


class Handler(BaseHTTPRequestHandler):
    """One request: record it, work it out, and send the answer, or what the fault makes of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    hub: StandInHub

    def handle_request(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        fault = self.hub.record(f"{self.command} {parts.path}")
        if fault and fault.isdigit():
            code = {"404": "EntryNotFound"}.get(fault)
            self.send(self.refusal(RefusalError(int(fault), "a fault on demand", code)))
            return
        try:
            answer = self.hub.answer(self.command, parts.path, Ask(token, body))
        except RefusalError as refusal:
            answer = self.refusal(refusal)
        self.send(answer, fault)

    do_GET = do_HEAD = do_POST = do_PUT = handle_request  # noqa: N815 - the base class's names

    @staticmethod
    def refusal(refusal: RefusalError) -> Answer:
        answer = Answer.of(refusal.body, refusal.status)
        answer.headers |= {"X-Error-Message": str(refusal)}
        answer.headers |= {"X-Error-Code": refusal.code} if refusal.code else {}
        return answer

    def send(self, answer: Answer, fault: str | None = None) -> None:
        body, headers = answer.body, {"Content-Length": str(len(answer.body)), **answer.headers}
        match fault:
            case "hang":
                self.hub.stopping.wait()
                self.close_connection = True
                return
            case "lost answer":
                self.close_connection = True
                return
            case "flipped byte" if self.command == "HEAD":
                key = "X-Linked-ETag" if "X-Linked-ETag" in headers else "ETag"
                headers[key] = headers[key].translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
            case "another commit" if "X-Repo-Commit" in headers:
                headers["X-Repo-Commit"] = "f" * 40
            case "flipped byte":
                middle = len(body) // 2
                body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :] if body else body
            case "wrong size":
                body += b"\0"
                size = "X-Linked-Size" if "X-Linked-Size" in headers else "Content-Length"
                headers[size] = str(int(headers[size]) + 1)
        self.send_response(answer.status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if fault == "cut off":
            body, self.close_connection = body[: len(body) // 2], True
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no accident here."""


@contextmanager
def stand_in_hub(port: int = 0) -> Iterator[StandInHub]:
    """A running stand-in Hub."""
    server = Server(("127.0.0.1", port), Handler)
    hub = StandInHub(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = type("BoundHandler", (Handler,), {"hub": hub})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
