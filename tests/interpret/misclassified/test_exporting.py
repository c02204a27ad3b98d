import csv
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from interpret.choices import ChoiceError
from interpret.misclassified.exporting import FORMATS, export_errors
from model.network import CIFAR10_CLASSES
from model.samples import Misclassified

ROWS = np.array([2, 0])
NONE = np.array([], int)


@pytest.fixture
def samples() -> Misclassified:
    """Three errors of random pixels: cat taken for dog, cat for frog, dog for cat."""
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    predictions = np.array([5, 6, 3])
    probabilities = np.zeros((3, 10), np.float32)
    probabilities[np.arange(3), predictions] = 0.6, 0.9, 0.7
    return Misclassified(images, np.array([10, 2405, 30]), np.array([3, 3, 5]), predictions, probabilities)


@pytest.fixture
def frame() -> pd.DataFrame:
    """What is known of the errors in ROWS; 1/3 and 0.1 + 0.2 need all 17 digits."""
    return pd.DataFrame(
        {
            "test picture": [30, 10],
            "true label": ["dog", "cät, or dog"],
            "margin, in logits": [1 / 3, 0.1 + 0.2],
            "doubt": [np.nan, 0.25],
        }
    )


def pixels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image)


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_csv_holds_the_frame_with_every_digit(samples, frame):
    name, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "csv")
    header, *lines = csv.reader(content.decode("utf-8").splitlines())
    read = [(int(index), label, float(margin), float(doubt or "nan")) for index, label, margin, doubt in lines]
    assert name == "errors.csv"
    pd.testing.assert_frame_equal(pd.DataFrame(read, columns=header), frame, check_exact=True)


def test_csv_ends_its_lines_alike_on_every_system(samples, frame):
    _, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "csv")
    assert content.startswith(b'test picture,true label,"margin, in logits",doubt\n30,dog,')
    assert b"\r" not in content


def test_parquet_holds_the_frame_and_the_pixels_of_each_error(samples, frame):
    name, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "parquet")
    read = pd.read_parquet(io.BytesIO(content))
    images = read.pop("image")
    assert name == "errors.parquet"
    pd.testing.assert_frame_equal(read, frame, check_exact=True)
    np.testing.assert_array_equal(np.stack([pixels(image["bytes"]) for image in images]), samples.images[[2, 0]])
    assert [image["path"] for image in images] == ["30_dog_as_cat.png", "10_cat_as_dog.png"]


def test_the_hub_is_told_the_type_of_each_column_of_the_parquet_file(samples, frame):
    _, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "parquet")
    schema = pq.read_schema(io.BytesIO(content))
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features == {
        "image": {"_type": "Image"},
        "test picture": {"dtype": "int64", "_type": "Value"},
        "true label": {"dtype": "string", "_type": "Value"},
        "margin, in logits": {"dtype": "float64", "_type": "Value"},
        "doubt": {"dtype": "float64", "_type": "Value"},
    }
    assert list(features) == schema.names


def test_a_zip_holds_a_picture_of_each_error_named_by_its_index_and_classes(samples, frame):
    name, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "zip")
    with opened(content) as archive:
        assert archive.namelist() == ["errors.csv", "30_dog_as_cat.png", "10_cat_as_dog.png"]
        found = np.stack([pixels(archive.read(each)) for each in archive.namelist()[1:]])
    assert name == "errors.zip"
    np.testing.assert_array_equal(found, samples.images[[2, 0]])


def test_the_table_in_a_zip_is_the_csv_file(samples, frame):
    _, table = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "csv")
    _, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "zip")
    with opened(content) as archive:
        assert archive.read("errors.csv") == table


def test_a_zip_stores_its_files_as_they_are_and_with_a_fixed_date(samples, frame):
    _, content = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "zip")
    with opened(content) as archive:
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_class_name_cannot_lead_out_of_the_folder_that_a_zip_is_unpacked_into(samples, frame):
    names = [*CIFAR10_CLASSES[:3], "../../cat", "deer", "prairie dog", *CIFAR10_CLASSES[6:]]
    _, content = export_errors(samples, ROWS, frame, names, "zip")
    with opened(content) as archive:
        assert archive.namelist()[1:] == ["30_prairie-dog_as_-cat.png", "10_-cat_as_prairie-dog.png"]


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_selection_gives_the_same_bytes(samples, frame, form):
    assert export_errors(samples, ROWS, frame, CIFAR10_CLASSES, form) == export_errors(
        samples, ROWS.copy(), frame.copy(), CIFAR10_CLASSES, form
    )


def test_no_errors_give_a_csv_file_with_a_header_and_no_rows(samples, frame):
    _, content = export_errors(samples, NONE, frame[:0], CIFAR10_CLASSES, "csv")
    assert content == b'test picture,true label,"margin, in logits",doubt\n'


def test_no_errors_give_a_parquet_file_with_columns_and_no_rows(samples, frame):
    _, content = export_errors(samples, NONE, frame[:0], CIFAR10_CLASSES, "parquet")
    _, full = export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "parquet")
    table = pq.read_table(io.BytesIO(content))
    assert len(table) == 0
    assert table.schema.equals(pq.read_schema(io.BytesIO(full)), check_metadata=True)


def test_no_errors_give_a_zip_with_an_empty_table_and_no_pictures(samples, frame):
    _, content = export_errors(samples, NONE, frame[:0], CIFAR10_CLASSES, "zip")
    with opened(content) as archive:
        assert archive.namelist() == ["errors.csv"]
        assert archive.read("errors.csv").count(b"\n") == 1


def test_an_unknown_format_is_answered_with_those_there_are(samples, frame):
    with pytest.raises(ChoiceError, match="csv, parquet, zip"):
        export_errors(samples, ROWS, frame, CIFAR10_CLASSES, "xlsx")


@pytest.mark.parametrize("form", FORMATS)
def test_a_frame_of_another_length_is_refused(samples, frame, form):
    with pytest.raises(ValueError, match="2 errors were chosen, and the frame has 1 rows"):
        export_errors(samples, ROWS, frame[:1], CIFAR10_CLASSES, form)
