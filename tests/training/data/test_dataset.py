import json
import logging
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from model.metrics import EXCERPT, OWN
from model.network import CIFAR10_CLASSES, NetworkConfig
from tests.conftest import SUBSET
from training.data.dataset import load_data_set
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


def test_ten_classes_that_lie_where_the_hub_keeps_cifar10_are_ones_own(tmp_path):
    renamed(tmp_path, "abcdefghij")
    (tmp_path / "plain_text").mkdir()
    for part in ("train", "test"):
        (tmp_path / f"{part}.parquet").rename(tmp_path / "plain_text" / f"{part}-00000-of-00001.parquet")
    assert load_data_set(tmp_path).config.class_names == tuple("abcdefghij")


def test_a_class_without_a_name_of_which_there_are_only_test_pictures_is_refused(tmp_path):
    for part, labels in (("train", [0, 1]), ("test", [0, 2])):
        table = pq.read_table(SUBSET / "plain_text" / f"{part}-00000-of-00001.parquet").slice(0, 2)
        columns = {"img": table.column("img"), "label": labels}
        pq.write_table(pa.table(columns), tmp_path / f"{part}.parquet")
    with pytest.raises(DataError, match="has no training pictures of the class '2'"):
        load_data_set(tmp_path)


def test_a_folder_with_a_dot_in_its_name_is_called_by_all_of_it(tmp_path):
    assert load_data_set(class_folders(tmp_path / "trees v1.2", elm=2, oak=2)).about.name == "trees v1.2"


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


def test_a_channel_that_never_varies_has_a_std_above_zero(tmp_path):
    for name, colour in (("day", (255, 0, 51)), ("night", (255, 0, 51))):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.new("RGB", (32, 32), colour).save(tmp_path / name / f"{number}.png")
    config = load_data_set(tmp_path).config
    assert config.mean == pytest.approx((1, 0, 0.2)) and min(config.std) > 0
