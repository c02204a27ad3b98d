import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub.utils import httpx

from tests.conftest import SUBSET
from training.data.cifar10 import FINGERPRINTS, PARQUET_FILES, fingerprints, load_cifar10, place_of
from training.data.split import DataError, split_validation


@pytest.fixture
def unmarked(tmp_path):
    """The subset without the mark that says it is one: it must be held against CIFAR-10's hashes."""
    shutil.copytree(SUBSET / "plain_text", tmp_path / "plain_text")
    return tmp_path


def test_a_marked_subset_is_read_as_it_is():
    train, test = load_cifar10(SUBSET)
    assert (len(train), len(test)) == (120, 60)
    assert train.images.dtype == np.uint8 and train.images.shape[1:] == (32, 32, 3)
    assert np.bincount(train.labels).tolist() == [12] * 10


def test_pictures_that_are_not_cifar10_are_refused(unmarked):
    with pytest.raises(DataError, match="not CIFAR-10's: SHA-256"):
        load_cifar10(unmarked)


def test_a_damaged_file_is_refused_by_name(unmarked):
    (unmarked / "plain_text" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(DataError, match=r"test-00000-of-00001\.parquet"):
        load_cifar10(unmarked)


@pytest.mark.parametrize("name", ["train", "test"])
def test_a_file_with_a_flipped_byte_anywhere_is_refused(unmarked, name):
    path = unmarked / "plain_text" / f"{name}-00000-of-00001.parquet"
    sound, generator = path.read_bytes(), np.random.default_rng(0)
    ends = [*range(4), *range(len(sound) - 200, len(sound), 4)]
    for at in (*ends, *generator.integers(len(sound), size=30)):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << generator.integers(8)
        path.write_bytes(damaged)
        with pytest.raises(DataError):
            load_cifar10(unmarked)


def test_without_data_and_network_it_says_where_to_put_the_data(monkeypatch):
    def unreachable(*_, **__):
        raise httpx.ConnectError("no route to host")

    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    with pytest.raises(DataError, match=r"Could not download CIFAR-10 .*no route to host.*--data-dir or CIFAR10_DIR"):
        load_cifar10()


def test_the_files_of_the_hub_are_training_and_test_pictures_each_in_its_place(monkeypatch):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.setattr("training.data.cifar10._download", lambda name: SUBSET / PARQUET_FILES[name])
    with pytest.raises(DataError, match="The train images are not CIFAR-10's"):
        load_cifar10()
    monkeypatch.setattr("training.data.cifar10._whole", lambda *splits: splits)
    assert [len(split) for split in load_cifar10()] == [120, 60]


def test_a_variable_that_is_empty_names_no_folder(monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", "")
    assert place_of(None) is None


def test_an_empty_folder_is_answered_with_what_it_should_hold(tmp_path):
    with pytest.raises(DataError, match=r"cifar-10-batches-py.*plain_text/train-00000-of-00001\.parquet"):
        load_cifar10(tmp_path)


def test_the_environment_names_the_folder_if_the_caller_does_not(monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(SUBSET))
    assert len(load_cifar10()[0]) == 120


def test_a_damaged_torchvision_folder_is_a_sentence(tmp_path):
    batches = tmp_path / "cifar-10-batches-py"
    batches.mkdir()
    (batches / "data_batch_1").write_bytes(pickle.dumps({}))
    with pytest.raises(DataError, match="damaged or incomplete"):
        load_cifar10(tmp_path)


@pytest.mark.whole_data
def test_the_whole_data_set_is_verified_and_split_as_stated(whole_data):
    train, test = whole_data
    assert (len(train), len(test)) == (50_000, 10_000)
    kept, held_out = split_validation(train, 5_000, seed=0)
    assert (len(kept), len(held_out)) == (45_000, 5_000)


def marked(folder: Path, change) -> Path:
    """A copy of the subset with a change to its training table, still marked as an excerpt of CIFAR-10."""
    shutil.copytree(SUBSET, folder)
    path = folder / "plain_text" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    pq.write_table(change(table), path)
    return folder


def with_labels(table: pa.Table, change) -> pa.Table:
    labels = table.column("label").to_pylist()
    return table.set_column(table.column_names.index("label"), "label", pa.array(change(labels)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda labels: [(labels[0] + 1) % 10, *labels[1:]], "1 of its 120 train pictures are not among CIFAR-10's"),
        (lambda labels: [-1, *labels[1:]], "Picture 0 in .* has the label -1"),
        (lambda labels: [*map(float, labels[:-1]), 6.5], "Picture 119 in .* has the label 6.5"),
    ],
)
def test_an_excerpt_with_a_wrong_label_is_refused(tmp_path, change, sentence):
    folder = marked(tmp_path / "excerpt", lambda table: with_labels(table, change))
    with pytest.raises(DataError, match=sentence):
        load_cifar10(folder)


def test_pictures_of_other_things_do_not_pass_for_an_excerpt(tmp_path):
    test = pq.read_table(SUBSET / "plain_text" / "test-00000-of-00001.parquet")
    folder = marked(tmp_path / "excerpt", lambda train: pa.concat_tables([train.slice(0, 3), test.slice(0, 2)]))
    with pytest.raises(DataError, match=r"2 of its 5 train pictures .* \(the first: number 3\); remove the file"):
        load_cifar10(folder)


@pytest.mark.whole_data
def test_the_fingerprints_are_those_of_the_whole_data_set(whole_data):
    train, test = whole_data
    found = np.concatenate([fingerprints(train), fingerprints(test)])
    assert np.array_equal(found, np.fromfile(FINGERPRINTS, ">u4"))
