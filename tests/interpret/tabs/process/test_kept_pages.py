import gzip

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from interpret.tabs.process.kept_pages import MOST, KeptPages


class Counting:
    """An app that says how often it was asked, by which address."""

    def __init__(self, **options) -> None:
        self.asked, self.options = 0, options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        answer = JSONResponse({"asked": self.asked, "url": str(Request(scope).url)}, **self.options)
        await answer(scope, receive, send)


def client_of(app: Counting, **options) -> TestClient:
    return TestClient(KeptPages(app), **options)


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info"])
def test_what_is_the_same_for_everybody_is_written_once(path):
    app = Counting()
    client = client_of(app)
    first, again = client.get(path), client.get(path)
    assert first.json() == again.json() and app.asked == 1
    assert first.headers["content-type"] == again.headers["content-type"]


def test_a_link_to_a_view_gets_the_page_that_is_kept():
    app = Counting()
    client = client_of(app)
    assert client.get("/").text == client.get("/?example=cat.png&method=score_cam").text and app.asked == 1


def test_it_is_sent_compressed_to_whoever_takes_that_and_as_it_is_to_others():
    client = client_of(Counting())
    plain = client.get("/", headers={"accept-encoding": "identity"})
    packed, unpacked = (
        client.get("/", headers={"accept-encoding": "gzip"}),
        client.get("/", headers={"accept-encoding": ""}),
    )
    assert "content-encoding" not in plain.headers and "content-encoding" not in unpacked.headers
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "Accept-Encoding"
    assert plain.content == packed.content == unpacked.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content))


@pytest.mark.parametrize("query", ["page=other", "deep_link=abc", "all_endpoints=true"])
def test_what_depends_on_the_query_is_asked_for_each_time(query):
    app = Counting()
    client = client_of(app)
    assert client.get(f"/?{query}").json()["asked"] == 1 and client.get(f"/?{query}").json()["asked"] == 2


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server"])
def test_another_address_has_a_page_of_its_own(header):
    app = Counting()
    client = client_of(app)
    client.get("/")
    assert client.get("/", headers={header: "https"}).json()["asked"] == 2
    assert client.get("/").json()["asked"] == 1


@pytest.mark.parametrize("options", [{"status_code": 503}, {"headers": {"set-cookie": "session=1"}}])
def test_an_error_and_what_is_for_one_visitor_are_not_kept(options):
    app = Counting(**options)
    client = client_of(app)
    assert [client.get("/").json()["asked"] for _ in range(3)] == [1, 2, 3]


def test_other_paths_and_methods_pass_through():
    app = Counting()
    client = client_of(app)
    for call, path in ((client.get, "/gradio_api/upload"), (client.post, "/"), (client.head, "/")):
        before = app.asked
        call(path), call(path)
        assert app.asked == before + 2


def test_addresses_that_nobody_has_asked_for_the_longest_make_room():
    app = Counting()
    client = client_of(app)
    client.get("/")
    for number in range(MOST - 1):
        client.get("/", headers={"host": f"host-{number}"})
    assert client.get("/").json()["asked"] == 1
    client.get("/", headers={"host": "one-more"})
    assert client.get("/").json()["asked"] == 1
    assert client.get("/", headers={"host": "host-0"}).json()["asked"] == MOST + 2


def test_an_answer_that_ends_early_is_not_kept():
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        answer = PlainTextResponse("half")
        answer.headers["content-length"] = "8"
        await answer(scope, receive, send)

    kept = KeptPages(broken)
    client = TestClient(kept)
    assert client.get("/").text == "half" and not kept._kept
