import asyncio
import json

import gradio as gr
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from interpret.tabs.agents.checked_calls import CheckedCalls


@pytest.fixture
def app(blocks) -> CheckedCalls:
    """In front of an app that answers with what reaches it."""

    def add(first: float, second: float = 2, sign: str = "+") -> float:
        """Adds."""
        return first + second

    gr.api(add)
    blocks.config = blocks.get_config_file()

    async def echo(scope, receive, send) -> None:
        request = Request(scope, receive)
        document = {"body": (await request.body()).decode(errors="replace"), "size": request.headers["content-length"]}
        await JSONResponse(document)(scope, receive, send)

    return CheckedCalls(echo, blocks)


def posted(app: CheckedCalls, path: str, content: bytes) -> tuple[int, dict]:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
            return await http.post(path, content=content)

    answer = asyncio.run(send())
    return answer.status_code, answer.json()


def called(app: CheckedCalls, data: object, name: str = "add") -> tuple[int, dict]:
    return posted(app, f"/gradio_api/call/{name}", json.dumps({"data": data}).encode())


@pytest.mark.parametrize(("data", "passed_on"), [([1], [1, 2, "+"]), ([1, 5], [1, 5, "+"]), ([1, 5, "-"], [1, 5, "-"])])
def test_what_is_left_out_at_the_end_has_its_default(app, data, passed_on):
    status, reached = called(app, data)
    assert (status, json.loads(reached["body"])) == (200, {"data": passed_on})
    assert int(reached["size"]) == len(reached["body"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "add needs first."),
        ([1, 2, "+", 4], "add takes 3 values, not 4, in this order: first, second, sign."),
        ({"first": 1}, 'Send {"data": [...]} with the values of add in this order: first, second, sign.'),
        (None, 'Send {"data": [...]} with the values of add in this order: first, second, sign.'),
    ],
)
def test_values_that_do_not_fit_are_refused_with_those_that_would(app, data, sentence):
    assert called(app, data) == (422, {"error": sentence})


@pytest.mark.parametrize("path", ["call/subtract", "call/v2/subtract"])
def test_an_endpoint_that_is_not_there_is_answered_with_those_that_are(app, path):
    assert posted(app, f"/gradio_api/{path}", b"{}") == (
        404,
        {"error": "There is no endpoint 'subtract'; there are add."},
    )


@pytest.mark.parametrize(
    "path", ["call/add", "call/v2/add", "queue/join", "run/predict", "api/predict", "cancel", "reset"]
)
@pytest.mark.parametrize(
    "body", [b"\xfe\xff", b"", b"{", b"[" * 100_000, b"[1]", b'"text"', b'{"data": [Infinity]}'], ids=range(7)
)
def test_a_body_that_is_no_json_object_is_refused_in_a_sentence(app, path, body):
    status, answer = posted(app, f"/xray/gradio_api/{path}", body)
    assert status == 400 and answer["error"].startswith("The body of this request")


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/mcp/", "/gradio_api/queue/data", "/elsewhere"])
def test_whatever_else_is_sent_is_passed_on_untouched(app, path):
    status, reached = posted(app, path, b"\x00not json")
    assert (status, reached["body"]) == (200, "\x00not json")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"first": 1, "sign": "-"}, None),
        ({"second": 1}, "add needs first."),
        ({"first": 1, "third": 3}, "add takes no third; it takes first, second, sign."),
    ],
)
def test_values_by_name_are_those_of_the_endpoint(app, values, sentence):
    status, answer = posted(app, "/gradio_api/call/v2/add", json.dumps(values).encode())
    if sentence is None:
        assert (status, json.loads(answer["body"])) == (200, values)
    else:
        assert (status, answer) == (422, {"error": sentence})


@pytest.mark.parametrize("index", [-1, 99, "0", 0.5, [0]])
@pytest.mark.parametrize("path", ["queue/join", "run/predict", "api/predict"])
def test_a_function_that_is_not_there_is_not_looked_for(app, path, index):
    body = json.dumps({"data": [1], "fn_index": index}).encode()
    assert posted(app, f"/gradio_api/{path}", body) == (404, {"error": f"There is no function {index!r}."})


def test_what_the_page_sends_is_passed_on_untouched(app):
    sent = {"data": [1], "fn_index": 0, "session_hash": "s", "event_data": None, "trigger_id": 3}
    status, reached = posted(app, "/gradio_api/queue/join", json.dumps(sent).encode())
    assert (status, json.loads(reached["body"])) == (200, sent)
    status, answer = posted(app, "/gradio_api/queue/join", b'{"fn_index": 0}')
    assert (status, answer["error"][:15]) == (422, 'Send {"data": [')
