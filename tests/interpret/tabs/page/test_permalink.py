from pathlib import Path
from urllib.parse import parse_qs

import gradio as gr
import numpy as np
import pytest
from gradio.utils import is_in_or_equal
from PIL import Image

from interpret.tabs.page.files import keep
from interpret.tabs.page.permalink import Lens, find_picture, follow_links, link_maker
from interpret.tabs.page.picture import example_pictures, picture_panel
from interpret.tabs.page.served import serve
from interpret.tabs.page.settings import explanation_settings
from interpret.view import LinkError
from model.choice import Choice
from tests.conftest import EXAMPLES

CHOICES = ("crop", "cat", "dog", "custom_block3", "layer_cam", "shared", 8, 0, "4x4", "mean")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_every_picture_of_a_link_lies_where_gradio_may_serve_it_from_whatever_folder_the_app_started_in(
    release, cache, tmp_path_factory, monkeypatch
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    served = serve(Choice(release, "bundled"))
    pictures = {"example": example_pictures()[0].path.name, "test": str(release.misclassified.test_indices[0])}
    for kind, picture in pictures.items():
        found = find_picture(served, kind, picture)
        assert is_in_or_equal(found, cache) and Path(found).suffix == ".png"


@pytest.mark.parametrize("name", ["Anna at home.jpg", "photo.svg", ".hidden.jpg"])
def test_who_follows_a_link_to_an_upload_gets_its_pixels_and_nothing_else_of_its_file(release, cache, name):
    folder = cache / ("0" * 64)
    folder.mkdir()
    place = Image.Exif()
    place[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    Image.new("RGB", (40, 30), (200, 30, 30)).save(folder / name, "JPEG", exif=place)
    link = ("upload", folder.name)
    served = serve(Choice(release, "bundled"))
    if name.startswith("."):  # what is still being written
        with pytest.raises(LinkError, match="no longer here"):
            find_picture(served, *link)
        return
    found = Path(find_picture(served, *link))
    assert found == folder / "picture.png"
    with Image.open(found) as followed, Image.open(folder / name) as original:
        assert followed.format == "PNG" and not followed.getexif() and followed.size == (40, 30)
        assert np.array_equal(np.asarray(followed), np.asarray(original))
    assert find_picture(served, *link) == str(found)


def test_a_link_names_an_example_by_its_file_an_error_by_its_index_and_an_upload_by_its_folder(served, release, cache):
    make, samples = link_maker(served), release.misclassified
    Image.fromarray(samples.images[0]).save(cache / "error.png")
    Image.new("RGB", (40, 30), (200, 30, 30)).save(cache / "red.png")
    pictures = {
        str(EXAMPLES / "cat.png"): ("example", "cat.png"),
        str(cache / "error.png"): ("test", str(samples.test_indices[0])),
        (upload := keep("red.png", (cache / "red.png").read_bytes())): ("upload", Path(upload).parent.name),
    }
    for path, (kind, picture) in pictures.items():
        query = make(path, *CHOICES)
        assert parse_qs(query.removeprefix("?")) == {
            kind: [picture], "squaring": ["crop"], "class": ["cat"], "against": ["dog"], "layer": ["custom_block3"],
            "method": ["layer_cam"], "release": [release.identifier],
        }  # fmt: skip


def test_there_is_no_link_to_what_is_no_picture(served, cache):
    (cache / "broken.png").write_bytes(b"broken")
    for image in (None, b"bytes", str(cache / "broken.png"), str(cache / "gone.png")):
        assert link_maker(served)(image, *CHOICES) == ""


@pytest.mark.parametrize(
    ("kind", "picture", "said"),
    [
        ("example", "tiger.png", "There is no example tiger.png"),
        ("test", "10000", "Test picture 10000 is not among this release's errors"),
        ("upload", "0" * 64, "uploads are kept for a day"),
        ("upload", "../../etc", "names no upload"),
        ("test", "cat", "names no test picture"),
    ],
)
def test_a_picture_that_is_not_there_is_missed_in_words(served, kind, picture, said):
    with pytest.raises(LinkError, match=said):
        find_picture(served, kind, picture)


def test_there_is_no_link_to_what_cannot_be_erased(served):
    assert link_maker(served)(str(EXAMPLES / "cat.png"), *CHOICES[:-4], 7, 0, "4x4", "mean") == ""


@pytest.fixture
def opening(blocks, served):
    """What the page does when it opens, with a lens that has one choice."""
    panel, settings = picture_panel(served), explanation_settings(served.class_names)
    note, tabs, box = gr.Markdown(), gr.Tabs(), gr.Textbox()
    lens = Lens("a_lens", [box], lambda words: [words.whole("channel", 16, 0, 63)])
    follow_links(served, gr.Number(), note, panel, settings, tabs, [lens])
    (opening,) = (each.fn for each in blocks.fns.values() if each.name == "open_page")
    return lambda **query: opening(gr.Request(query_params=query))


@pytest.fixture
def page_choices(opening):
    """What the GradCAM tab is set to."""
    return lambda **query: list(opening(**query)[1:11])


@pytest.fixture
def open_page(opening):
    """The picture, the note, the tab, the choice."""

    def opened(**query: str) -> tuple:
        picture, *_, told, tab, choice = opening(**query)
        return Path(picture).name, told.get("value"), tab.get("selected"), choice

    return opened


def test_a_link_to_a_lens_opens_its_tab_with_its_picture_and_its_choices(open_page):
    assert open_page(tab="a_lens", example="cat.png", channel="3") == ("cat.png", None, "a_lens", 3)


def test_a_link_to_another_tab_leaves_the_lens_as_it_is(open_page):
    for query in ({}, {"example": "cat.png", "layer": "custom_block1"}, {"tab": "misclassified", "true": "cat"}):
        assert open_page(**query)[1:] == (None, None, gr.skip())


def test_all_that_is_to_be_told_of_a_link_is_told_together(open_page, release):
    first = example_pictures()[0].path.name
    name, told, tab, choice = open_page(tab="a_lens", example="tiger.png", channel="64", release="0000000")
    assert (name, tab, choice) == (first, "a_lens", 63)
    assert told == (
        "There is no example tiger.png. This link asks for channel '64', which does not exist here: you see channel 63 "
        f"instead. This link was made with release 0000000; you see what release {release.identifier} says, which may "
        "differ."
    )


def test_a_link_into_another_release_says_so_also_where_its_picture_is_not_there(open_page):
    _, told, _, _ = open_page(test="1", release="0000000")
    assert told.startswith("Test picture 1 is not among") and "made with release 0000000" in told


def test_one_wrong_word_of_a_link_leaves_the_others_as_they_are(open_page, page_choices):
    _, told, *_ = open_page(example="cat.png", layer="custom_block3", method="lime", against="dog")
    assert told.startswith("This link asks for method 'lime', which does not exist here: you see method grad_cam")
    assert page_choices(example="cat.png", layer="custom_block3", method="lime", against="dog") == [
        "crop", "predicted", "dog", "custom_block3", "grad_cam", "shared", 8, 0, "4x4", "mean",
    ]  # fmt: skip


def test_a_link_that_names_no_picture_is_followed_with_the_first_one(open_page, page_choices):
    first = example_pictures()[0].path.name
    assert open_page(method="lime")[:2] == (
        first,
        "This link asks for method 'lime', which does not exist here: you see method shared_credit instead.",
    )
    assert page_choices(layer="custom_block1", method="layer_cam")[3:5] == ["custom_block1", "layer_cam"]
    assert page_choices() == [gr.skip()] * 10


def test_a_word_that_means_something_else_on_another_tab_is_left_to_it(open_page, page_choices):
    errors_at_random = {"tab": "misclassified", "sort": "random", "seed": "20000"}
    assert page_choices(**errors_at_random) == [gr.skip()] * 10
    assert open_page(**errors_at_random)[1] is None


def test_choices_are_followed_where_the_picture_is_not_there(page_choices):
    assert page_choices(test="cat", layer="custom_block1", fill="blur")[3:] == [
        "custom_block1", "grad_cam", "shared", 8, 0, "4x4", "blur",
    ]  # fmt: skip


def test_a_link_to_a_tab_that_there_is_not_is_told(open_page):
    assert open_page(tab="layers")[1:3] == (
        "This link asks for tab 'layers', which does not exist here: you see tab gradcam instead.", None,
    )  # fmt: skip
