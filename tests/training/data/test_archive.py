import io
import os
import pickle
import re
import tarfile

import numpy as np
import pytest

from tests.conftest import SUBSET
from training.data.archive import find_batches, load_arrays, read_batches
from training.data.cifar10 import load_cifar10
from training.data.split import DataError


def batches(change=None) -> dict[str, bytes]:
    """CIFAR-10's files as its authors pickled them, of the subset's pictures."""
    train, test = load_cifar10(SUBSET)
    parts = {f"data_batch_{n + 1}": train.take(np.arange(24 * n, 24 * n + 24)) for n in range(5)} | {"test_batch": test}
    files = {}
    for name, each in parts.items():
        rows = each.images.transpose(0, 3, 1, 2).reshape(-1, 3072)
        batch = {"data": rows, "labels": each.labels.tolist(), "filenames": ["ä.png"] * len(each), "batch_label": name}
        files[name] = pickle.dumps((change or (lambda _: _))(batch), protocol=2)
    return files


@pytest.fixture
def place(tmp_path):
    """A marked excerpt in a folder whose name is no plain word."""
    folder = tmp_path / "meine Bilder für später"
    folder.mkdir()
    (folder / "SUBSET").touch()
    return folder


def write_folder(place, files):
    (place / "cifar-10-batches-py").mkdir()
    for name, content in files.items():
        (place / "cifar-10-batches-py" / name).write_bytes(content)
    return place / "cifar-10-batches-py"


def write_archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def is_the_subset(splits) -> bool:
    return all(
        np.array_equal(ours.images, theirs.images) and np.array_equal(ours.labels, theirs.labels)
        for ours, theirs in zip(splits, load_cifar10(SUBSET), strict=True)
    )


def test_the_batches_are_read_from_their_folder_and_from_one_that_holds_it(place):
    folder = write_folder(place, batches())
    assert is_the_subset(load_cifar10(place)) and is_the_subset(load_cifar10(folder))


def test_the_batches_are_read_from_the_archive_and_from_a_folder_that_holds_it(place):
    archive = write_archive(place / "cifar-10-python.tar.gz", batches())
    assert is_the_subset(load_cifar10(place)) and is_the_subset(load_cifar10(archive))
    assert {path.name for path in place.iterdir()} == {"SUBSET", "cifar-10-python.tar.gz"}


class Dangerous:
    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_nothing_that_is_in_a_batch_runs(place, tmp_path):
    folder = write_folder(place, batches(lambda batch: batch | {"more": Dangerous(tmp_path / "ran")}))
    with pytest.raises(DataError, match=r"it names posix\.mkdir, and only arrays and plain values are read"):
        read_batches(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("what", [os.getcwd, np.ndarray.__new__, pickle.loads, Exception], ids=lambda x: x.__name__)
def test_no_name_but_those_of_arrays_is_looked_up(what):
    with pytest.raises(pickle.UnpicklingError):
        load_arrays(pickle.dumps({"data": what}, protocol=2))


@pytest.mark.parametrize("kind", [object, np.float32, [("a", "O")], "V8"])
def test_arrays_of_anything_but_bytes_are_refused_because_numpy_believes_what_a_file_says_of_them(kind):
    for protocol in range(5):
        with pytest.raises(pickle.UnpicklingError, match="only arrays of bytes are read"):
            load_arrays(pickle.dumps(np.zeros(2, kind), protocol=protocol))


@pytest.mark.parametrize("shape", [(-1, -2), (2.0,), ("2",)])
def test_an_array_without_a_shape_is_refused(shape):
    class Odd:
        def __reduce__(self):
            return (
                np.zeros(0, np.uint8).__reduce__()[0],
                (np.ndarray, (0,), b"b"),
                (1, shape, np.dtype("u1"), False, b"ab"),
            )

    with pytest.raises(pickle.UnpicklingError, match="only plain arrays of bytes"):
        load_arrays(pickle.dumps(Odd()))


@pytest.mark.parametrize("protocol", range(5))
def test_arrays_and_plain_values_are_read_as_they_were_written(protocol):
    values = {"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"labels": [1, 2], "words": "ä", "bytes": b"\xff\x00"}
    found = load_arrays(pickle.dumps(values, protocol=protocol))
    assert np.array_equal(found.pop("data"), values.pop("data")) and found == values


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda batch: {}, "it holds no pictures of 3 x 32 x 32 bytes"),
        (lambda batch: batch | {"data": batch["data"][:, :3000]}, "it holds no pictures of 3 x 32 x 32 bytes"),
        (lambda batch: batch | {"labels": batch["labels"][1:]}, "does not hold a label for each picture"),
        (lambda batch: batch | {"labels": [-1, *batch["labels"][1:]]}, "Picture 0 in"),
        (lambda batch: batch | {"labels": [6.5, *batch["labels"][1:]]}, "has the label 6.5"),
    ],
)
def test_a_batch_that_is_none_is_a_sentence(place, change, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        read_batches(write_folder(place, batches(change)))


@pytest.mark.parametrize("missing", ["data_batch_3", "test_batch"])
def test_a_missing_batch_is_named(place, missing):
    files = batches()
    del files[missing]
    with pytest.raises(DataError, match=f"damaged or incomplete: it has no {missing}"):
        read_batches(write_archive(place / "cifar-10-python.tar.gz", files))


@pytest.mark.parametrize("at", [40, 5000, -300])
def test_an_archive_that_is_cut_off_or_damaged_is_a_sentence(place, at):
    archive = write_archive(place / "cifar-10-python.tar.gz", batches())
    whole = archive.read_bytes()
    archive.write_bytes(whole[:at])
    with pytest.raises(DataError, match="damaged or incomplete"):
        read_batches(archive)


def test_where_there_are_no_batches_none_are_found(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert find_batches(tmp_path) is None and find_batches(tmp_path / "notes.txt") is None
