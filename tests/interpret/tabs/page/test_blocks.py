import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.context import LocalContext

from interpret.tabs.page.blocks import Page
from interpret.tabs.page.components.inputs import Slider, Upload

INNER, FILE = "http://127.0.0.1:9/cat.png", {"_type": "gradio.FileData"}


@pytest.fixture
def read(blocks):
    """What the page reads out of a call of a function by its name in the API."""
    image, opacity = Upload(), Slider(0, 1, label="How strong")

    def overlay(image: str | None, opacity: float = 0.5) -> None: ...

    for name, visibility in (("overlay", "public"), ("of_the_page", "private")):
        gr.on([], overlay, [image, opacity], None, api_name=name, api_visibility=visibility)
    functions = {each.api_name: each for each in blocks.fns.values()}
    blocks.has_launched = True
    token = LocalContext.blocks.set(blocks)

    def read(name: str, *values: Any) -> list[Any]:
        return asyncio.new_event_loop().run_until_complete(blocks.preprocess_data(functions[name], list(values), None))

    yield read
    LocalContext.blocks.reset(token)


def test_the_queue_is_the_apps_own_before_the_page_has_any_content(blocks):
    page = Page()
    assert (page._queue.max_size, page._queue.default_concurrency_limit) == (64, 4)


def test_what_is_right_is_read(read):
    assert read("overlay", None, 0.25) == [None, 0.25]


def test_a_caller_is_told_the_parameter_and_a_visitor_the_label(read):
    for name, told in (("overlay", "opacity (How strong): 7"), ("of_the_page", "How strong: 7")):
        with pytest.raises(gr.Error) as caught:
            read(name, None, 7)
        assert caught.value.message == f"{told} is no number from 0 to 1." and not caught.value.print_exception


@pytest.mark.parametrize(
    "picture",
    [
        {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}},
        {
            "path": "http://127.0.0.1:9/cat.png",
            "url": "http://127.0.0.1:9/cat.png",
            "meta": {"_type": "gradio.FileData"},
        },
        {"path": "/etc/hostname"},
        "cat.png",
        7,
    ],
)
def test_a_file_that_is_no_upload_is_refused_in_a_sentence_and_no_accident_for_the_log(read, picture):
    with pytest.raises(gr.Error, match="Upload the picture, with handle_file") as caught:
        read("overlay", picture, 0.5)
    assert not caught.value.print_exception


def test_a_call_with_too_few_values_is_told_how_many_there_are(read):
    with pytest.raises(gr.Error, match="This takes 2 values, not 1") as caught:
        read("overlay", None)
    assert not caught.value.print_exception
