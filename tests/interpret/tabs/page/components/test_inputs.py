import base64
import io
import math
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio.data_classes import ImageData
from PIL import Image

from interpret.tabs.page.components.inputs import (
    CheckboxGroup,
    Dropdown,
    Memory,
    Radio,
    Refused,
    Slider,
    Upload,
    brush_on,
    picture_brush,
)
from tests.conftest import EXAMPLES

CELLS = ["A1", "B1"]


@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_a_slider_passes_on_a_number_in_its_range(value):
    assert Slider(0, 1, label="Opacity").preprocess(value) == value


@pytest.mark.parametrize("value", [None, "strong", True, math.nan, math.inf, [1], -1, 2])
def test_a_slider_answers_what_is_no_number_in_its_range_with_its_name_and_its_range(value):
    with pytest.raises(gr.Error) as caught:
        Slider(0, 1, label="Opacity").preprocess(value)
    assert caught.value.message == f"Opacity: {value!r} is no number from 0 to 1."
    assert not caught.value.print_exception


@pytest.mark.parametrize("kind", [Dropdown, Radio])
def test_a_choice_that_is_not_offered_is_refused_by_its_name_and_not_logged_as_an_accident(kind):
    layer = kind([("1: first", "first"), ("2: second", "second")], value="first", label="Layer")
    assert layer.preprocess("second") == "second"
    for value in ("third", "1: first", ["first"], 3):
        with pytest.raises(gr.Error) as caught:
            layer.preprocess(value)
        assert caught.value.message == f"Layer: {value!r} is not one of the choices. Allowed: first, second."
        assert not caught.value.print_exception


def test_of_several_choices_the_one_that_is_not_offered_is_named():
    for cells in (CheckboxGroup(CELLS, label="Erase cells"), Dropdown(CELLS, multiselect=True, label="Erase cells")):
        refuses_what_is_not_offered(cells)


def refuses_what_is_not_offered(cells: CheckboxGroup | Dropdown) -> None:
    assert cells.preprocess(["B1"]) == ["B1"] and cells.preprocess([]) == []
    for value, problem in (
        (["A1", "Z9"], "'Z9' is not one of the choices. Allowed: A1, B1."),
        ([["A1"]], "['A1'] is not one of the choices. Allowed: A1, B1."),
        ("A1", "give a list, not 'A1'."),
        (None, "give a list, not None."),
    ):
        with pytest.raises(gr.Error) as caught:
            cells.preprocess(value)
        assert caught.value.message == f"Erase cells: {problem}" and not caught.value.print_exception


def test_what_the_page_remembers_is_a_list_and_anything_else_is_nothing():
    memory = Memory([], visible=False)
    assert memory.preprocess([3, "a"]) == [3, "a"]
    assert [memory.preprocess(each) for each in (None, {"a": 1}, "text", 7)] == [[]] * 4
    assert memory.get_block_name() == "json"


@pytest.mark.parametrize(
    ("label", "parameter", "told"),
    [
        ("Fill with", "fill", "fill (Fill with): 3 is wrong."),
        ("Opacity", "opacity", "opacity: 3 is wrong."),
        ("True label", "true_label", "true_label: 3 is wrong."),
        (None, "seed", "seed: 3 is wrong."),
    ],
)
def test_a_refusal_tells_callers_the_parameter_and_visitors_the_label(label, parameter, told):
    assert Refused(gr.Number(label=label), "3 is wrong.", parameter).message == told


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_an_upload_passes_on_the_file_as_it_is(cache):
    file = cache / "hash" / "text.txt"
    file.parent.mkdir()
    file.write_bytes(b"no picture at all")
    assert Upload().preprocess(ImageData(path=str(file))) == str(file)
    assert file.read_bytes() == b"no picture at all"
    assert Upload().preprocess(None) is None


@pytest.mark.parametrize("path", [EXAMPLES / "cat.png", Path("/etc/hostname"), Path("cat.png")])
def test_a_path_on_the_server_is_no_upload(cache, path):
    with pytest.raises(gr.Error, match="a path on the server is not accepted"):
        Upload().preprocess(ImageData(path=str(path)))


def test_a_path_that_climbs_out_of_the_uploads_is_refused(cache):
    with pytest.raises(gr.Error, match="a path on the server is not accepted"):
        Upload().preprocess(ImageData(path=str(cache / ".." / "secret.png")))


def test_a_data_url_gives_its_bytes_and_a_malformed_one_none(cache):
    encoded = base64.b64encode(b"a picture").decode()
    assert Upload().preprocess(ImageData(url=f"data:image/png;base64,{encoded}")) == b"a picture"
    assert Upload().preprocess(ImageData(url="data:image/png;base64,%%%")) == b""


def test_an_address_on_the_net_is_not_fetched(cache):
    with pytest.raises(gr.Error, match="Upload the picture"):
        Upload().preprocess(ImageData(url="http://127.0.0.1:9/cat.png"))


def test_the_page_draws_both_as_gradios_own():
    assert Slider(0, 1).get_block_name() == "slider"
    assert Upload().get_block_name() == "image"


def test_the_brush_begins_with_nothing_brushed():
    brush = picture_brush()
    assert (brush.value, brush.elem_id) == ("", "brush")


def test_the_brush_lies_on_exactly_the_pixels_that_it_is_given():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    update = brush_on(pixels)
    head, _, encoded = str(update["picture"]).partition(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded)))), pixels)
