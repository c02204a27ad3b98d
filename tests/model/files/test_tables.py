"""Tables are read back as they were written, shown as such by the Hub, and checked column by column."""

import io
import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from model.files import tables
from model.files.tables import (
    Table,
    TableError,
    binary_rows,
    class_labels,
    first_lines,
    number_lists,
    numbers,
    pictures,
    words,
    write_table,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    """A table with a column of each kind."""
    path = tmp_path / "table.parquet"
    columns = {
        "index": numbers(np.array([5, 6, 9]), "int32"),
        "distance": numbers(np.array([0.0, 0.5, 2.0]), "float32"),
        "label": class_labels(np.array([1, 0, 1]), ("cat", "dog")),
        "chances": number_lists(np.array([[0.25, 0.75], [0.5, 0.5], [1, 0]]), "float32"),
        "image": pictures(IMAGES, [5, 6, 9]),
        "votes": number_lists([[1, 2], None, [0, 0]], "int32"),
        "name": words(["one", "two", "three"]),
        "bytes": binary_rows(np.array([[1, 2], [3, 4], [5, 6]], "<u2")),
    }
    write_table(columns, path)
    return path


def table_of(path, values) -> Table:
    """A table with one column, called x, as anybody may write one."""
    pq.write_table(pa.table({"x": values}), path)
    return Table(path)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_every_kind_of_column_is_read_back_as_it_was_written(path):
    table = Table(path)
    assert len(table) == 3
    assert table.whole_numbers("index").tolist() == [5, 6, 9]
    assert table.not_negative("distance").tolist() == [0, 0.5, 2]
    assert table.whole_numbers("label", high=2).tolist() == [1, 0, 1]
    assert table.lists_of_numbers("chances", 2).tolist() == [[0.25, 0.75], [0.5, 0.5], [1, 0]]
    assert np.array_equal(table.pictures("image"), IMAGES)
    votes, known = table.lists_or_null("votes", 2)
    assert (votes.tolist(), known.tolist()) == ([[1, 2], [0, 0], [0, 0]], [True, False, True])
    assert table.words("name") == ["one", "two", "three"]
    assert np.frombuffer(table.binary("bytes", 4), "<u2").tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1, 2], []], [["a", "b"], None], [1, 2]])
def test_lists_or_none_that_are_something_else_are_refused(tmp_path, values):
    with pytest.raises(TableError, match=r"x (must hold lists of 2 numbers, or none|is of a kind that no release has)"):
        table_of(tmp_path / "table.parquet", values).lists_or_null("x", 2)


@pytest.mark.parametrize("values", [[1, 2], ["a", None]])
def test_words_that_are_none_are_refused(tmp_path, values):
    with pytest.raises(TableError, match="x must hold words"):
        table_of(tmp_path / "table.parquet", values).words("x")


def test_the_hub_is_told_what_each_column_holds(path):
    features = json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]["features"]
    assert features == {
        "index": {"dtype": "int32", "_type": "Value"},
        "distance": {"dtype": "float32", "_type": "Value"},
        "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
        "chances": {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"},
        "image": {"_type": "Image"},
        "votes": {"feature": {"dtype": "int32", "_type": "Value"}, "_type": "List"},
        "name": {"dtype": "string", "_type": "Value"},
        "bytes": {"dtype": "binary", "_type": "Value"},
    }
    assert [struct["path"] for struct in pq.read_table(path).column("image").to_pylist()] == ["5.png", "6.png", "9.png"]


def test_a_picture_that_stands_in_many_rows_is_stored_once(tmp_path):
    sizes = {}
    for name, images in {"once": IMAGES[:1], "often": IMAGES[:1].repeat(500, axis=0)}.items():
        write_table({"image": pictures(images, ["same"] * len(images))}, tmp_path / name)
        sizes[name] = (tmp_path / name).stat().st_size
    assert sizes["often"] < 1.2 * sizes["once"]
    assert np.array_equal(Table(tmp_path / "often").pictures("image")[499], IMAGES[0])


def test_many_pictures_of_which_each_stands_in_two_rows_are_stored_once_each(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (600, 32, 32, 3), dtype=np.uint8)  # 1.9 MB of PNG
    for name, twice in {"once": images, "twice": np.concatenate([images, images])}.items():
        write_table({"image": pictures(twice, [*range(600)] * (len(twice) // 600))}, tmp_path / name)
    assert (tmp_path / "twice").stat().st_size < 1.1 * (tmp_path / "once").stat().st_size


def test_a_table_without_rows_is_read_back(tmp_path):
    columns = {"image": pictures(IMAGES[:0], []), "index": numbers(np.zeros(0), "int32")}
    write_table(columns, tmp_path / "empty.parquet")
    table = Table(tmp_path / "empty.parquet")
    assert (len(table), table.pictures("image").shape) == (0, (0, 32, 32, 3))
    assert table.whole_numbers("index", high=10).tolist() == []


def test_columns_of_different_length_make_no_table(tmp_path):
    columns = {"a": numbers(np.arange(2), "int32"), "b": numbers(np.arange(3), "int32")}
    with pytest.raises(ValueError, match="length"):
        write_table(columns, tmp_path / "table.parquet")


@pytest.mark.parametrize("content", [None, b"", b"no table at all"])
def test_what_is_no_table_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "table.parquet").write_bytes(content)
    with pytest.raises(TableError):
        Table(tmp_path / "table.parquet")


@pytest.mark.parametrize("method", ["whole_numbers", "not_negative", "pictures"])
def test_a_column_that_is_not_there_is_named(path, method):
    with pytest.raises(TableError, match="it has no column colour"):
        getattr(Table(path), method)("colour")


@pytest.mark.parametrize(
    ("values", "words"),
    [([0.5, 1.0], "whole numbers from 0"), ([-1, 3], "whole numbers from 0"), ([1, 4], "outside 0 to 3")],
)
def test_numbers_that_are_not_whole_or_out_of_range_are_refused(tmp_path, values, words):
    with pytest.raises(TableError, match=f"x .*{words}"):
        table_of(tmp_path / "table.parquet", values).whole_numbers("x", high=4)


@pytest.mark.parametrize("values", [[1.0, -0.5], [1.0, float("nan")], [float("inf")], [1, 2], ["a"], [1.0, None]])
def test_distances_that_are_none_are_refused(tmp_path, values):
    with pytest.raises(TableError, match="x must hold finite numbers, at least 0"):
        table_of(tmp_path / "table.parquet", values).not_negative("x")


@pytest.mark.parametrize("values", [[[1.0, 2.0], [1.0]], [[1.0], [2.0]], [["a", "b"]], [[1.0, 2.0], None]])
def test_lists_that_are_not_equally_long_or_hold_no_numbers_are_refused(tmp_path, values):
    with pytest.raises(TableError, match=r"x (must hold lists of 2 numbers|is of a kind that no release has)"):
        table_of(tmp_path / "table.parquet", values).lists_of_numbers("x", 2)


@pytest.mark.parametrize("image", [Image.new("L", (32, 32)), Image.new("RGB", (31, 32)), Image.new("RGBA", (32, 32))])
def test_pictures_of_another_kind_are_refused(tmp_path, image):
    with pytest.raises(TableError, match="x must hold 32x32 RGB pictures"):
        table_of(tmp_path / "table.parquet", [{"bytes": png(image)}]).pictures("x")


@pytest.mark.parametrize("values", [[{"bytes": b"no picture"}], [{"bytes": None}], [{"path": "a.png"}], [7]])
def test_what_holds_no_pictures_is_refused(tmp_path, values):
    with pytest.raises(TableError):
        table_of(tmp_path / "table.parquet", values).pictures("x")


def test_an_error_is_told_on_one_line_and_not_at_length():
    assert first_lines(ValueError("one\n  two")) == "one two"
    assert len(first_lines(ValueError("a" * 1_000))) == 200


def test_a_small_file_that_grows_when_it_is_read_is_refused_before_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 2**24)
    path, once = tmp_path / "bomb.parquet", pa.array([b"x" * 2**17])
    everywhere = pa.DictionaryArray.from_arrays(np.zeros(600, np.int32), once)
    strange = r"^x is of a kind that no release has"
    for values, options, problem in (
        (pa.array([bytes(20 * 2**20)]), {}, r"^1 rows of 20 MB are more than a release may hold"),
        (np.zeros(1_000_001, np.int8), {}, r"^1,000,001 rows of 0 MB are more"),
        (everywhere, {"store_schema": False}, r"^it holds more than 16 MB"),
        (everywhere, {}, strange),
        (pa.StructArray.from_arrays([everywhere], ["bytes"]), {}, strange),
        (pa.array([[True] * 1_000_000]), {}, strange),
    ):
        pq.write_table(pa.table({"x": values}), path, compression="zstd", dictionary_pagesize_limit=2**24, **options)
        assert path.stat().st_size < 2**18
        with pytest.raises(TableError, match=problem):
            Table(path)


def test_no_more_rows_are_read_at_once_than_there_is_room_for_if_each_were_as_long_as_all(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 2**24)
    asked = []
    read = pq.ParquetFile.iter_batches
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda file, rows: asked.append(rows) or read(file, rows))
    for values in (pa.array([bytes(2**20)]), pa.array([bytes(12 * 2**20)]), pa.array([1])):
        pq.write_table(pa.table({"x": values}), tmp_path / "t.parquet", compression="zstd", use_dictionary=False)
        Table(tmp_path / "t.parquet")
    assert asked == [15, 1, 1_000]


def test_a_picture_that_breaks_off_is_refused(tmp_path):
    whole = png(Image.fromarray(IMAGES[0]))
    at = whole.index(b"IDAT")
    broken = whole[: at - 4] + b"\0\0\0\x64" + whole[at : at + 104] + bytes(4) + b"\0\0\0\4!!!!" + bytes(8)
    with pytest.raises(TableError, match="broken"):
        table_of(tmp_path / "t.parquet", pa.array([{"bytes": broken, "path": "broken.png"}])).pictures("x")


def test_a_note_that_is_nested_without_end_is_none(tmp_path):
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({"step": "[" * 100_000}), tmp_path / "t.parquet")
    with pytest.raises(TableError, match="it says nothing of step"):
        Table(tmp_path / "t.parquet").note("step")


@pytest.mark.parametrize(
    ("side", "problem"), [(9_000, "x must hold 32x32 RGB pictures"), (14_000, "could be decompression bomb")]
)
def test_a_large_picture_in_a_small_cell_is_not_decoded(side, problem, tmp_path):
    cells = [{"bytes": png(Image.new("1", (side, side))), "path": "bomb.png"}]
    table = table_of(tmp_path / "bomb.parquet", pa.array(cells))
    began = time.process_time()
    with pytest.raises(TableError, match=problem):
        table.pictures("x")
    assert time.process_time() - began < 0.1
