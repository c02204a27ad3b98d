import dataclasses
import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.prediction import predict
from interpret.tabs.page.files import png
from interpret.tabs.page.picture import chooser, example_pictures, examples_of, picture_panel, pictures_of, remover
from model.images import prepare
from model.network import CifarResNet
from tests.conftest import EXAMPLES


def test_every_example_is_a_picture_that_the_network_is_right_or_wrong_about_as_listed(explainer):
    listed = json.loads((EXAMPLES / "examples.json").read_text())
    examples = [each for each in example_pictures() if each.right is not None]
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


def test_of_two_clicks_the_later_counts_in_whichever_order_they_arrive(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    examples = example_pictures()[:2]
    choose = chooser(examples)
    first, second = (gr.SelectData(None, {"index": index, "value": None}) for index in (0, 1))
    shown, mark, latest = choose(second, 20.5, 0)
    assert (Path(shown).name, mark["selected_index"], latest) == (examples[1].path.name, None, 20.5)
    assert choose(first, 10.0, latest) == (gr.skip(),) * 3


def test_photographs_are_offered_as_small_squares_of_what_the_crop_takes():
    listed = json.loads((EXAMPLES / "photographs" / "photographs.json").read_text())
    photographs = [each for each in example_pictures() if each.right is None]
    assert [(each.path.relative_to(EXAMPLES).as_posix(), each.caption) for each in photographs] == [
        (entry["file"], entry["caption"]) for entry in listed
    ]
    for each in photographs:
        thumbnail, _ = each.thumbnail()
        assert thumbnail.shape == (96, 96, 3)
        seen = np.asarray(Image.fromarray(thumbnail).resize((32, 32), Image.Resampling.BICUBIC)).astype(float)
        assert np.abs(seen - each.prepared()).mean() < 6


@pytest.fixture
def see(blocks, served, tmp_path, monkeypatch):
    """The handler that shows what the network sees."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    panel = picture_panel(served)
    (found,) = (each.fn for each in blocks.fns.values() if each.fn and panel.seen in each.outputs)
    return found


def test_the_panel_opens_with_the_cat_as_the_network_sees_it(blocks, served, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    panel, first = picture_panel(served), prepare(EXAMPLES / "cat.png")
    (path,) = panel.opens_with.values()
    assert [*panel.opens_with] == [panel.picture] and np.array_equal(prepare(path), first)
    with Image.open(panel.seen.value["path"]) as seen:
        assert np.array_equal(np.asarray(seen), np.kron(first, np.ones((8, 8, 1), np.uint8)))
    assert panel.picture.value is None, "the API would take it for the default of its parameter"
    assert not panel.fit.visible


def test_where_a_gpu_is_lent_to_visitors_alone_nothing_is_answered_beforehand(blocks, served, monkeypatch):
    monkeypatch.setattr("interpret.tabs.page.picture.ON_ZERO_GPU", True)
    panel = picture_panel(served)
    assert panel.opens_with is None and panel.seen.value is None and panel.first.value is not None


def test_what_the_network_sees_is_shown_eight_times_as_large_without_loss(see, cat_pixels):
    seen, *_ = see([], str(EXAMPLES / "cat.png"), "crop")
    with Image.open(seen) as shown:
        assert np.array_equal(np.asarray(shown), np.kron(cat_pixels, np.ones((8, 8, 1), np.uint8)))


@pytest.fixture
def decode(see, blocks, served):
    """The handler that makes a preview of an upload."""
    (found,) = (each.fn for each in blocks.fns.values() if each.fn and each.fn.__name__ == "decode")
    return found


def test_a_format_that_browsers_do_not_know_is_shown_as_a_reduced_png_beside_the_upload(decode, tmp_path):
    upload = tmp_path / "abc" / "page.tif"
    upload.parent.mkdir()
    Image.effect_noise((2048, 512), 90).save(upload)
    shown = Path(decode(str(upload)))
    assert shown.parent.name == "abc-shown"
    assert [each.name for each in upload.parent.iterdir()] == ["page.tif"]
    with Image.open(shown) as picture:
        assert (picture.format, picture.size) == ("PNG", (1024, 256))


@pytest.mark.parametrize("content", [b"II*\0 broken", None])
def test_what_browsers_show_themselves_or_nobody_can_read_gets_no_preview(decode, tmp_path, content):
    (tmp_path / "upload").write_bytes(content or (EXAMPLES / "cat.png").read_bytes())
    assert decode(str(tmp_path / "upload")) == decode(None) == {"__type__": "update"}


@pytest.mark.parametrize("gone", [True, False])
def test_a_picture_that_cannot_be_read_is_taken_off_the_page_and_no_other(served, tmp_path, gone):
    broken = tmp_path / "broken.png"
    if not gone:
        broken.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    remove = remover(served)
    assert remove(str(broken), "crop") is None
    assert remove(str(EXAMPLES / "cat.png"), "crop") == gr.skip()


def test_what_was_seen_last_stays_while_there_is_no_picture(see):
    assert see([], None, "crop") == ({"__type__": "update"}, gr.update(visible=False), [])


def test_what_the_page_has_opened_with_is_not_sent_again_unless_it_was_gone_in_between(see):
    picture = str(EXAMPLES / "cat.png")
    *_, last = see([], picture, "crop")
    assert see(last, picture, "crop") == ({"__type__": "update"},) * 3
    for other in (see(last, picture, "fit"), see(last, str(EXAMPLES / "dog.png"), "crop")):
        assert Path(other[0]).is_file()
    *_, last = see(last, None, "crop")
    assert Path(see(last, picture, "crop")[0]).is_file()


@pytest.mark.parametrize(
    ("size", "squaring", "offered"),
    [((400, 300), "crop", "25% is cut off"), ((300, 900), "crop", "67% is cut off"), ((400, 301), "crop", None),
     ((32, 32), "crop", None), ((400, 300), "fit", None)],
)  # fmt: skip
def test_where_the_crop_leaves_out_a_quarter_or_more_the_whole_picture_is_offered(
    see, tmp_path, size, squaring, offered
):
    Image.new("RGB", size).save(tmp_path / "picture.png")
    _, button, _ = see([], str(tmp_path / "picture.png"), squaring)
    assert button["visible"] is bool(offered)
    assert not offered or button["value"] == f"{offered}: show the whole picture"


def test_examples_are_of_the_classes_that_the_release_knows(release):
    assert [each.path for each in examples_of(release)] == [each.path for each in example_pictures()]
    names = tuple(f"thing {number}" for number in range(10))
    network = CifarResNet(dataclasses.replace(release.config, class_names=names))
    other = dataclasses.replace(release, network=network)
    assert [each.caption for each in examples_of(other)][:10] == list(names)
    for each in (examples_of(other)[0], example_pictures()[0]):
        assert np.array_equal(each.prepared(), prepare(Path(each.kept())))


def test_of_other_classes_a_training_picture_of_each_and_the_most_confident_errors_are_offered(release):
    errors = release.misclassified
    found = pictures_of(release)
    training, wrong = ([each for each in found if each.right is right] for right in (True, False))
    assert [each.caption for each in training] == list(release.config.class_names)
    row = release.gallery.train_indices.tolist().index(int(training[3].path.stem.removeprefix("training_")))
    assert np.array_equal(training[3].pixels, release.gallery.images[row]) and release.gallery.labels[row] == 3
    assert len(wrong) == 4 and wrong[0].path == Path(f"test_{errors.test_indices[errors.confidences.argmax()]}.png")
    assert Path(wrong[0].kept()).read_bytes() == png(wrong[0].pixels)
