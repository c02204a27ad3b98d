"""What an endpoint answers, as MCP's kinds of content."""

import base64
import json

from interpret.tabs.agents.answers import contents
from interpret.tabs.page.files import png

ROOT_URL = "https://example.com/xray"


def file(path) -> dict:
    return {"path": str(path), "url": "http://127.0.0.1/elsewhere", "meta": {"_type": "gradio.FileData"}}


def test_a_sentence_stays_as_it_is_and_numbers_become_json():
    (sentence,), (numbers,) = contents("It is a **cat**.", ROOT_URL), contents({"cat": 0.5, "rows": [1, 2]}, ROOT_URL)
    assert sentence.text == "It is a **cat**."
    assert json.loads(numbers.text) == {"cat": 0.5, "rows": [1, 2]}


def test_what_is_empty_is_left_out():
    assert [list(contents(each, ROOT_URL)) for each in (None, "", [])] == [[], [], []]


def test_zero_and_false_are_answers():
    assert [content.text for each in (0, False) for content in contents(each, ROOT_URL)] == ["0", "false"]


def test_a_picture_arrives_whole_and_without_its_path(tmp_path, cat_pixels):
    path = tmp_path / "image.png"
    path.write_bytes(png(cat_pixels))
    (content,) = contents(file(path), ROOT_URL)
    assert (content.type, content.mimeType) == ("image", "image/png")
    assert base64.b64decode(content.data) == png(cat_pixels)


def test_each_picture_of_a_gallery_is_followed_by_its_caption(tmp_path, cat_pixels):
    path = tmp_path / "image.png"
    path.write_bytes(png(cat_pixels))
    gallery = [{"image": file(path), "caption": "a cat"}, {"image": file(path), "caption": None}]
    assert [content.type for content in contents(gallery, ROOT_URL)] == ["image", "text", "image"]


def test_other_files_are_links_to_the_address_that_the_caller_knows():
    (content,) = contents([file("/cache/maps.npy")], ROOT_URL)
    assert (content.type, content.name) == ("resource_link", "maps.npy")
    assert str(content.uri) == f"{ROOT_URL}/gradio_api/file=/cache/maps.npy"
