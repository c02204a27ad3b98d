"""A few of the hostile requests, and proof that what may not happen would be noticed."""

import asyncio

import pytest

from tests.conftest import ROOT
from tests.hostile.judged import Report, judge, outcome, send_all, take, tracebacks_in
from tests.hostile.mutated import Asked, hostile_requests, own_requests

ASKED = Asked("POST", "/gradio_api/call/predict")


def test_a_hundred_hostile_requests_are_answered_without_a_fault(app):
    report = Report()
    asyncio.run(send_all(app.url, take(hostile_requests(seed=1), 100), report))
    assert report.faults == []
    assert report.statuses.total() == 100 and report.statuses["call: refused"] > 30


def test_the_same_seed_gives_the_same_requests_and_another_gives_others():
    first, again, other = (list(take(hostile_requests(seed), 20)) for seed in (1, 1, 2))
    assert first == again != other


def test_every_endpoint_is_among_those_that_are_asked(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {f"/{name}" for name in own_requests()} == set(endpoints)


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, "Internal Server Error"), (200, f'File "{ROOT}/app.py"'), (200, "Traceback (most recent call last):")],
)
def test_an_answer_that_may_not_be_is_a_fault(status, text):
    report = Report()
    judge(ASKED, status, text, report)
    assert len(report.faults) == 1


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("event: complete\ndata: [1]", "answered"),
        ('event: error\ndata: {"error": "Opacity: …"}', "refused"),
        ("event: error\ndata: null", "refused without a word"),
        ('event: error\ndata: {"error": null}', "refused without a word"),
    ],
)
def test_an_error_without_words_is_told_from_a_sentence(said, how):
    assert outcome(said) == f"call: {how}"


def test_tracebacks_of_the_project_are_told_from_those_of_others_routes():
    line = '  File "{}/{}", line 1, in f\n'
    own = "Traceback (most recent call last):\n" + line.format(ROOT, "interpret/side_by_side.py") + "TypeError\n"
    passing = "".join(
        line.format(ROOT, f"interpret/tabs/{each}") for each in ("agents/checked_calls.py", "process/kept_pages.py")
    )
    passing += line.format("/lib", "gradio/routes.py")
    other = f"INFO: asked\nTraceback (most recent call last):\n{passing}KeyError\n"
    assert tracebacks_in(own + other + other) == (1, 2)
    assert tracebacks_in("INFO: nothing\n") == (0, 0)
