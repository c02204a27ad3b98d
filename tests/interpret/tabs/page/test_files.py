"""What visitors download stays whole while others are shown the same."""

import hashlib
import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from gradio.utils import is_in_or_equal
from PIL import Image

from interpret.tabs.page.files import in_files, keep
from interpret.tabs.page.permalink import find_picture
from interpret.tabs.page.picture import example_pictures
from interpret.tabs.page.served import serve
from interpret.view import LinkError, View
from model.choice import Choice


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_a_file_never_looks_cut_off_while_it_is_kept_again():
    content = bytes(2_000_000)
    path = Path(keep("map.npy", content))
    writers = [Thread(target=lambda: [keep("map.npy", content) for _ in range(40)]) for _ in range(3)]
    for each in writers:
        each.start()
    sizes = {path.stat().st_size for _ in iter(lambda: any(each.is_alive() for each in writers), False)}
    assert sizes <= {len(content)}
    assert [each.name for each in path.parent.iterdir()] == ["map.npy"]


def test_pictures_in_an_answer_become_files_without_loss_and_the_rest_stays(cache):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    answer = ({"value": pixels, "label": "a"}, [(pixels, "b")], "text", {"cells": [[1.0]]}, None)
    found = in_files(answer)
    path = found[0]["value"]
    assert Path(path).is_relative_to(cache)
    with Image.open(path) as kept:
        assert np.array_equal(np.asarray(kept), pixels)
    assert found == ({"value": path, "label": "a"}, [(path, "b")], "text", {"cells": [[1.0]]}, None)


def test_a_picture_that_is_shown_again_is_not_written_over_while_it_is_loading():
    pixels = np.zeros((8, 8, 3), np.uint8)
    path = Path(in_files(pixels))
    with path.open("rb") as loading:
        assert Path(in_files(pixels)) == path
        assert os.fstat(loading.fileno()).st_ino != path.stat().st_ino
        assert loading.read() == path.read_bytes()


def test_a_write_that_fails_leaves_nothing_behind(cache, monkeypatch):
    def fill_up(path: Path, target: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", fill_up)
    with pytest.raises(OSError, match="No space left"):
        keep("map.npy", b"map")
    assert [each for each in cache.rglob("*") if each.is_file()] == []


def test_where_a_file_lies_cannot_be_told_from_its_content():
    assert hashlib.sha256(b"map").hexdigest() not in keep("map.npy", b"map")


def view(kind: str, picture: str, release: str) -> View:
    return View(kind, picture, release, "crop", "predicted", "none", "resnet_block3", "grad_cam")


def test_every_picture_of_a_link_lies_where_gradio_may_serve_it_from_whatever_folder_the_app_started_in(
    release, cache, tmp_path_factory, monkeypatch
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    served = serve(Choice(release, "bundled"))
    pictures = {"example": example_pictures()[0].path.name, "test": str(release.misclassified.test_indices[0])}
    for kind, picture in pictures.items():
        found = find_picture(served, view(kind, picture, release.identifier))
        assert is_in_or_equal(found, cache) and Path(found).suffix == ".png"


@pytest.mark.parametrize("name", ["Anna at home.jpg", "photo.svg", ".hidden.jpg"])
def test_who_follows_a_link_to_an_upload_gets_its_pixels_and_nothing_else_of_its_file(release, cache, name):
    folder = cache / ("0" * 64)
    folder.mkdir()
    place = Image.Exif()
    place[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    Image.new("RGB", (40, 30), (200, 30, 30)).save(folder / name, "JPEG", exif=place)
    link = view("upload", folder.name, release.identifier)
    served = serve(Choice(release, "bundled"))
    if name.startswith("."):  # what is still being written
        with pytest.raises(LinkError, match="no longer here"):
            find_picture(served, link)
        return
    found = Path(find_picture(served, link))
    assert found == folder / "picture.png"
    with Image.open(found) as followed, Image.open(folder / name) as original:
        assert followed.format == "PNG" and not followed.getexif() and followed.size == (40, 30)
        assert np.array_equal(np.asarray(followed), np.asarray(original))
    assert find_picture(served, link) == str(found)
