"""A few visitors for a moment, and proof that a wrong answer would be noticed."""

import asyncio

from tests.load.visitors import (
    QUESTIONS,
    burst,
    many_visitors,
    page_watched,
    pictures,
    quick_visitor,
    serial_answers,
)


def test_a_few_visitors_get_what_one_alone_gets_and_a_wrong_answer_is_noticed(app):
    right, rate = serial_answers(app.url)
    with page_watched(app.url) as page:
        load = many_visitors(app.url, count=3, seconds=4, right=right)
    assert rate > 0 and page and load.seconds and not load.wrong and not load.errors
    other = many_visitors(app.url, count=1, seconds=1, right=["something else"] * len(QUESTIONS))
    assert len(other.wrong) == len(other.seconds) > 0


def test_those_who_come_at_once_are_answered_or_told_why_not(app):
    with quick_visitor(app.url) as quick:
        assert asyncio.run(burst(app.url, pictures(2))) == ["answered"] * 2
    assert len(quick) > 1
    (told,) = asyncio.run(burst(app.url, ["data:image/png;base64,AAAA"]))
    assert "could not be read as a picture" in told
