import io
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from training.data.parquet import by_split, find_parquet, read_parquet
from training.data.split import DataError


def picture(colour: int, size: tuple[int, int] = (40, 20)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (colour, colour, colour)).save(file, "PNG")
    return file.getvalue()


def write(path, labels, names=None, pictures=None, columns=("image", "label")):
    """A table of plain grey pictures, whose grey is their number."""
    cells = pictures or [{"bytes": picture(number), "path": None} for number in range(len(labels))]
    table = pa.table(dict(zip(columns, (cells, labels), strict=True)))
    if names:
        features = {columns[1]: {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def read(place):
    return read_parquet(find_parquet(place), place)


def test_pictures_of_any_size_are_made_32_pixels_large_and_classes_have_the_names_in_the_file(tmp_path):
    write(tmp_path / "data" / "train-00000-of-00002.parquet", [0, 1], ["oak", "elm"])
    write(tmp_path / "data" / "train-00001-of-00002.parquet", [1], ["oak", "elm"])
    write(tmp_path / "data" / "test-00000-of-00001.parquet", [1, 0, 1], ["oak", "elm"])
    found = read(tmp_path)
    assert found.class_names == ("oak", "elm")
    assert found.train.labels.tolist() == [0, 1, 1] and found.test.labels.tolist() == [1, 0, 1]
    assert found.test.images[:, 0, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("pictures", "columns"), [([picture(3), picture(7)], ("png", "class")), (None, ("img", "fine_label"))]
)
def test_columns_are_found_by_what_they_hold_and_by_usual_names(tmp_path, pictures, columns):
    file = write(tmp_path / "leaves.parquet", ["oak", "elm"], pictures=pictures, columns=columns)
    found = read(file)
    assert (found.class_names, found.train.labels.tolist(), found.test) == (("elm", "oak"), [1, 0], None)


def test_labels_without_names_are_numbers_of_classes(tmp_path):
    assert read(write(tmp_path / "train.parquet", [0, 2, 1])).class_names is None


def test_which_file_is_which_is_told_by_words_in_names_and_folders(tmp_path):
    names = ["a/train.parquet", "b/my-test.parquet", "latest.parquet", "validation/0.parquet"]
    files = [tmp_path / name for name in names]
    assert by_split(files, tmp_path) == ([files[0]], [files[1]])
    assert by_split(files[2:], tmp_path) == ([files[2]], [files[3]])
    assert by_split(files[2:3], tmp_path) == ([files[2]], [])


@pytest.mark.parametrize(
    ("labels", "names", "sentence"),
    [
        ([0, -1], ["a", "b"], "Picture 1 in {} has the label -1; allowed are whole numbers from 0 to 1."),
        ([0, 6.5], None, "Picture 1 in {} has the label 6.5"),
        ([0.0, np.nan], None, "Picture 1 in {} has the label nan"),
        ([[0], [1]], None, "The labels in {} are object, not whole numbers"),
        ([0, None], None, "Picture 1 in {} has no label."),
        ([0, 300], None, "Picture 1 in {} has the label 300"),
    ],
)
def test_a_label_that_is_no_class_is_refused(tmp_path, labels, names, sentence):
    file = write(tmp_path / "train.parquet", labels, names)
    with pytest.raises(DataError, match=re.escape(sentence.format(file))):
        read(file)


@pytest.mark.parametrize(
    ("columns", "pictures", "sentence"),
    [
        (("image", "colour"), None, "has no column of labels"),
        (("image", "label"), ["a", "b"], "has no column of pictures; it has image, label."),
        (("image", "label"), [picture(1), b"no picture"], "Could not read picture 1 in"),
        (("image", "label"), [picture(1), None], "Picture 1 in"),
    ],
)
def test_a_table_without_pictures_or_labels_is_a_sentence(tmp_path, columns, pictures, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        read(write(tmp_path / "train.parquet", [0, 1], columns=columns, pictures=pictures))


def test_files_that_name_other_classes_are_refused(tmp_path):
    write(tmp_path / "train.parquet", [0, 1], ["oak", "elm"])
    write(tmp_path / "test.parquet", [0, 1], ["elm", "oak"])
    with pytest.raises(DataError, match="names other classes than"):
        read(tmp_path)
    write(tmp_path / "train.parquet", ["oak", "elm"])
    write(tmp_path / "test.parquet", ["oak", "ash"])
    with pytest.raises(DataError, match="label 'ash', of which there are no training pictures"):
        read(tmp_path)


def test_test_pictures_alone_are_not_enough(tmp_path):
    with pytest.raises(DataError, match="none to train on"):
        read(write(tmp_path / "test.parquet", [0, 1]))


def test_what_is_no_table_is_a_sentence(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(DataError, match=r"Could not read the pictures from .*train\.parquet"):
        read(tmp_path)


def test_equal_pictures_are_equal_bytes(tmp_path):
    found = read(write(tmp_path / "train.parquet", [0, 1]))
    assert found.train.images.shape == (2, 32, 32, 3) and np.ptp(found.train.images[1]) == 0
