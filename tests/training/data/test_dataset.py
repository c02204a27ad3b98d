import json
import logging
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from model.metrics import EXCERPT, OWN
from model.network import CIFAR10_CLASSES, NetworkConfig
from tests.conftest import SUBSET
from training.data.dataset import channel_statistics, load_data_set
from training.data.split import DataError


def class_folders(folder, **counts):
    rng = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_a_marked_excerpt_is_called_one_and_keeps_cifar10s_normalisation():
    data = load_data_set(SUBSET)
    assert (data.about.kind, data.about.name, data.config) == (EXCERPT, "CIFAR-10", NetworkConfig())
    assert not data.is_whole_cifar10


def test_own_classes_bring_their_names_their_mean_and_their_std(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    data = load_data_set(class_folders(tmp_path / "trees", elm=10, oak=20))
    assert (data.about.kind, data.about.name, data.about.test_share) == (OWN, "trees", 0.2)
    assert data.config.class_names == ("elm", "oak")
    values = data.train.images / 255
    assert np.allclose(data.config.mean, values.mean(axis=(0, 1, 2))) and np.allclose(
        data.config.std, values.std(axis=(0, 1, 2))
    )
    assert "20% of each class are held out (seed 0), 6 of 30 pictures" in caplog.text


def test_the_share_that_is_held_out_is_of_each_class_and_the_same_every_time(tmp_path):
    folder = class_folders(tmp_path / "trees", elm=10, oak=20, yew=2)
    first, again = load_data_set(folder), load_data_set(folder)
    assert np.bincount(first.test.labels).tolist() == [2, 4, 1]
    assert np.bincount(first.train.labels).tolist() == [8, 16, 1]
    assert np.array_equal(first.test.images, again.test.images)
    assert not {each.tobytes() for each in first.test.images} & {each.tobytes() for each in first.train.images}


def test_test_pictures_that_are_trained_on_are_told(tmp_path, caplog):
    class_folders(tmp_path / "train", elm=2, oak=2)
    shutil.copytree(tmp_path / "train", tmp_path / "test")
    load_data_set(tmp_path)
    assert "4 of the test pictures are among the training pictures too" in caplog.text


def test_what_a_run_notes_of_its_data_depends_on_every_picture(tmp_path):
    folder = class_folders(tmp_path / "trees", elm=3, oak=3)
    before = load_data_set(folder).facts()
    Image.new("RGB", (32, 32)).save(folder / "oak" / "2.png")
    assert before != load_data_set(folder).facts()


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"oak": 3}, "has 1 class; from 2 to 256 are needed"),
        ({"oak": 3, "elm": 1}, "The class 'elm' has 1 picture"),
        ({"oak": 3, "none": 3}, "a class cannot be called 'none'"),
        ({"oak": 3, "a|b": 3}, r"a class cannot be called 'a\|b'"),
    ],
)
def test_classes_that_cannot_be_trained_on_are_refused(tmp_path, counts, sentence):
    with pytest.raises(DataError, match=sentence):
        load_data_set(class_folders(tmp_path / "trees", **counts))


def renamed(tmp_path, names=None):
    """The subset's pictures under other file names, with other classes' names."""
    for part in ("train", "test"):
        table = pq.read_table(SUBSET / "plain_text" / f"{part}-00000-of-00001.parquet")
        if names:
            features = {"label": {"names": list(names), "_type": "ClassLabel"}}
            table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        pq.write_table(table, tmp_path / f"{part}.parquet")
    return tmp_path


def test_an_excerpt_may_lie_in_files_of_other_names(tmp_path):
    folder = renamed(tmp_path)
    (folder / "SUBSET").touch()
    assert load_data_set(folder).about.kind == EXCERPT


def test_unmarked_pictures_are_ones_own_whatever_their_classes_are_called(tmp_path):
    data = load_data_set(renamed(tmp_path))
    assert (data.about.kind, data.about.name, data.config.class_names) == (OWN, tmp_path.name, CIFAR10_CLASSES)


def test_other_classes_do_not_pass_for_an_excerpt(tmp_path):
    folder = renamed(tmp_path, "abcdefghij")
    (folder / "SUBSET").touch()
    with pytest.raises(DataError, match=r"marked as an excerpt of CIFAR-10 .* but has other classes"):
        load_data_set(folder)
    trees = class_folders(tmp_path / "trees", elm=2, oak=2)
    (trees / "SUBSET").touch()
    with pytest.raises(DataError, match="holds folders of pictures; remove the file"):
        load_data_set(trees)


def test_a_place_without_data_is_answered_with_what_it_may_hold(tmp_path):
    with pytest.raises(
        DataError, match=r"cifar-10-python\.tar\.gz.*cifar-10-batches-py.*a folder of pictures for each"
    ):
        load_data_set(tmp_path)
    with pytest.raises(DataError, match="there is no such file or folder"):
        load_data_set(tmp_path / "nowhere")


def test_a_channel_that_never_varies_has_a_std_above_zero():
    mean, std = channel_statistics(np.full((2, 32, 32, 3), (255, 0, 51), np.uint8))
    assert mean == pytest.approx((1, 0, 0.2)) and min(std) > 0
