"""What is sent: every endpoint's own request, as the documents have it, with something wrong; and other routes."""

import base64
import copy
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import EXAMPLES
from tests.docs import DOCS

CAT = (EXAMPLES / "cat.png").read_bytes()
BAD_NUMBERS = (
    -1,
    0,
    0.5,
    3,
    64,
    512,
    10_000,
    -(2**63),
    2**63,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
)
BAD_TEXTS = (
    "", " ", "none", "tiger", "airplane", "0", "prep_layer", "resnet_block3.3", "shapley", "../../etc/passwd",
    "/etc/passwd", "file:///etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "%s%n%x", "A" * 70_000, "\x00\x01",
    "\N{CAT}" * 50, "\u202ecat", "1,2,3", "0-511", "1" * 400, "'; DROP TABLE errors; --", "null", "\ud800",
    "${jndi:ldap://127.0.0.1/a}",
)  # fmt: skip
BAD_SHAPES: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None] * 300,
    {"a": 1},
    {"__type__": "update", "value": 1},
)
FILES: tuple[Any, ...] = (
    {"path": "/etc/passwd"},
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "../../../../etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": ""},
    {"url": "http://127.0.0.1:1/cat.png", "meta": {"_type": "gradio.FileData"}},
    {"path": "http://127.0.0.1:1/cat.png", "meta": {"_type": "gradio.FileData"}},
    {"url": "file:///etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"url": "data:image/png;base64,"},
    {"url": "data:image/png;base64,!!!!"},
    {"url": "data:,"},
    {"url": "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='x'/>").decode()},
    {"path": 7},
    {"path": None, "url": None},
    "cat.png",
)
PATHS = (
    "/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/file=app.py", "/file=/etc/passwd",
    "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/file=http://127.0.0.1:1/",
    "/gradio_api/proxy=http://127.0.0.1:1/", "/gradio_api/proxy=https://example.hf.space/", "/gradio_api/stream/x/y",
    "/gradio_api/info?all_endpoints=maybe", "/gradio_api/queue/data?session_hash=", "/gradio_api/queue/status",
    "/gradio_api/call/predict/no-such-event", "/gradio_api/call/none/x", "/gradio_api/upload_progress?upload_id=no",
    "/static/../../app.py", "/assets/..%2f..%2fapp.py", "/theme.css?v=../../", "/config?x=" + "y" * 5_000,
    "/login_check", "/gradio_api/mcp/", "/gradio_api/mcp", "/llms.txt", "/manifest.json", "/.env", "/.git/config",
    "/%00", "/robots.txt",
    "/gradio_api/startup-events", "/gradio_api/component_server", "/gradio_api/reset", "/monitoring/x/y",
    "/custom_component/a/b",
)  # fmt: skip
TO_POST = (
    "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/run/predict",
    "/gradio_api/cancel", "/gradio_api/api/predict", "/gradio_api/mcp/", "/gradio_api/call/no_such_endpoint",
    "/gradio_api/reset", "/gradio_api/call/v2/predict",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


@dataclass(frozen=True)
class Asked:
    """One request; a `call` is followed by a second one, which waits for its answer."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @property
    def is_call(self) -> bool:
        return self.method == "POST" and self.path.startswith("/gradio_api/call/")


def own_requests() -> dict[str, list[Any]]:
    """What each endpoint takes, by its name, with nothing wrong; what would take long is asked for in small."""
    image = {"url": "data:image/png;base64," + base64.b64encode(CAT).decode()}
    text = (DOCS / "api.md").read_text()
    found = re.findall(r"^POST /gradio_api/call/(\w+)\n(\{.*\})$", text, re.MULTILINE)
    requests = {name: json.loads(body.replace("IMAGE", json.dumps(image)))["data"] for name, body in found}
    slow = {"score_cam", "ablation_cam", "shapley", "occlusion"}
    return {
        name: [[each for each in value if each not in slow] if isinstance(value, list) else value for value in values]
        for name, values in requests.items()
    }


def hostile_requests(seed: int) -> Iterator[Asked]:
    """Without end, the same for the same seed."""
    rng, own = random.Random(seed), own_requests()
    while True:
        kind = rng.random()
        if kind < 0.7:
            yield mutated_call(rng, own)
        elif kind < 0.85:
            yield Asked(rng.choice(METHODS), rng.choice(PATHS))
        else:
            yield Asked("POST", rng.choice(TO_POST), mutated_body(rng, own), rng.choice(HEADERS))


HEADERS = (
    {"Content-Type": "application/json"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
    {},
)


def mutated_call(rng: random.Random, own: dict[str, list[Any]]) -> Asked:
    name = rng.choice(list(own))
    values = copy.deepcopy(own[name])
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        damage(rng, values)
    return Asked("POST", f"/gradio_api/call/{name}", as_json({"data": values}))


def damage(rng: random.Random, values: list[Any]) -> None:
    """Replaces, drops, adds or nests one of the values."""
    how = rng.random()
    if how < 0.08 and values:
        del values[rng.randrange(len(values))]
    elif how < 0.12:
        values.insert(rng.randrange(len(values) + 1), rng.choice(BAD_TEXTS))
    elif values:
        values[rng.randrange(len(values))] = bad_value(rng)


def bad_value(rng: random.Random) -> Any:
    pool = rng.choice((BAD_NUMBERS, BAD_TEXTS, BAD_SHAPES, FILES, "image", "deep"))
    if pool == "image":
        damaged = bytearray(CAT)
        for _ in range(rng.randrange(1, 20)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        return {"url": "data:image/png;base64," + base64.b64encode(damaged[: rng.randrange(len(damaged))]).decode()}
    if pool == "deep":
        value: Any = rng.choice(BAD_TEXTS)
        for _ in range(rng.choice((3, 30, 300))):
            value = [value] if rng.random() < 0.5 else {"value": value}
        return value
    return rng.choice(pool)


def mutated_body(rng: random.Random, own: dict[str, list[Any]]) -> bytes:
    whole = as_json({"data": own[rng.choice(list(own))], "fn_index": rng.randrange(-5, 400), "session_hash": "s"})
    match rng.randrange(6):
        case 0:
            return whole
        case 1:
            return whole[: rng.randrange(len(whole))]
        case 2:
            return as_json(bad_value(rng))
        case 3:
            return rng.randbytes(rng.randrange(2_000))
        case 4:
            return b"--x\r\nContent-Disposition: form-data; name=files; filename=../../a\r\n\r\nx\r\n--x--\r\n"
    return as_json(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "predict", "arguments": bad_value(rng)}}
    )


def as_json(value: Any) -> bytes:
    """With NaN and Infinity, as Python's own client would write them."""
    return json.dumps(value).encode()
