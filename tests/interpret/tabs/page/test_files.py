"""What visitors download stays whole while others are shown the same."""

import hashlib
import io
import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from interpret.tabs.page.files import in_files, keep, npy


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_an_array_is_a_numpy_file_without_pickle():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    read = np.load(io.BytesIO(npy(array)), allow_pickle=False)
    assert read.dtype == np.float32 and np.array_equal(read, array)
    with pytest.raises(ValueError, match="allow_pickle"):
        npy(np.array([object()]))


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
