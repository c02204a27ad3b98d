import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from interpret.prediction import predict
from interpret.tabs.page.files import png
from interpret.tabs.page.picture import example_pictures, picture_panel, pictures_of
from tests.conftest import EXAMPLES


def test_every_example_is_a_picture_that_the_network_is_right_or_wrong_about_as_listed(explainer):
    listed = json.loads((EXAMPLES / "examples.json").read_text())
    examples = example_pictures()
    assert [each.path.relative_to(EXAMPLES).as_posix() for each in examples] == [each["file"] for each in listed]
    for each, entry in zip(examples, listed, strict=True):
        _, probabilities = predict(explainer.network, explainer.preprocess(each.path)[1])
        predicted = explainer.class_names[int(probabilities.argmax())]
        assert (predicted == entry["label"]) == each.right == entry["right"]
    assert all(each.path.is_file() and each.caption for each in examples)
    assert {each.right for each in examples} == {True, False}


def test_an_example_is_kept_where_gradio_may_serve_it_unchanged(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    kept = Path(example_pictures()[0].kept())
    assert kept.is_relative_to(tmp_path)
    assert kept.read_bytes() == example_pictures()[0].path.read_bytes()


@pytest.fixture
def see(blocks, served, tmp_path, monkeypatch):
    """The handler that shows what the network sees."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    panel = picture_panel(served)
    (found,) = (each.fn for each in blocks.fns.values() if each.fn and panel.seen in each.outputs)
    return found


def test_what_the_network_sees_is_shown_eight_times_as_large_without_loss(see, cat_pixels):
    with Image.open(see(str(EXAMPLES / "cat.png"), "crop")) as shown:
        assert np.array_equal(np.asarray(shown), np.kron(cat_pixels, np.ones((8, 8, 1), np.uint8)))


def test_what_was_seen_last_stays_while_there_is_no_picture(see):
    assert see(None, "crop") == {"__type__": "update"}


def test_of_other_classes_a_training_picture_of_each_and_the_most_confident_errors_are_offered(release):
    errors = release.misclassified
    found = pictures_of(release)
    training, wrong = ([each for each in found if each.right is right] for right in (True, False))
    assert [each.caption for each in training] == list(release.config.class_names)
    row = release.gallery.train_indices.tolist().index(int(training[3].path.stem.removeprefix("training_")))
    assert np.array_equal(training[3].pixels, release.gallery.images[row]) and release.gallery.labels[row] == 3
    assert len(wrong) == 4 and wrong[0].path == Path(f"test_{errors.test_indices[errors.confidences.argmax()]}.png")
    assert Path(wrong[0].kept()).read_bytes() == png(wrong[0].pixels)
