"""Tables with pictures in them, as Parquet files that the Hub's viewer shows as such."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import UInt8
from PIL import Image

SIDE = 32
# Large enough that a picture which stands in many rows is stored once.
DICTIONARY_BYTES = 2**24
# What a table may hold once it is decompressed: far more than any release of this network has, since a small file can
# claim to have more than any memory. The largest table of the bundled one has 10,000 rows and 10 MB.
MAX_ROWS, MAX_BYTES = 1_000_000, 2**30
MOST_AT_ONCE = 1_000  # rows
FAULTS_OF_PICTURES = (SyntaxError, Image.DecompressionBombError)  # which PIL raises, besides errors of reading
Column = tuple[pa.Array, dict[str, Any]]  # its values, and the Hub's name for their type


class TableError(ValueError):
    """A table is damaged, or not laid out as this code knows it; the message says how."""


def numbers(values: np.ndarray, kind: str) -> Column:
    """A column of numbers, `kind` as Arrow and the Hub call it: "int32", "float32"."""
    return pa.array(values, pa.type_for_alias(kind)), {"dtype": kind, "_type": "Value"}


def number_lists(values: np.ndarray | Sequence[Sequence[float] | None], kind: str) -> Column:
    """A column of lists of numbers; None where a row has none."""
    rows = values.tolist() if isinstance(values, np.ndarray) else values
    column = pa.array(rows, pa.list_(pa.type_for_alias(kind)))
    return column, {"feature": {"dtype": kind, "_type": "Value"}, "_type": "List"}


def binary_rows(values: np.ndarray) -> Column:
    """A column of bytes: each row of an array as it lies in memory; `Table.binary` reads it."""
    cells = [row.tobytes() for row in values]
    return pa.array(cells, pa.binary(values.dtype.itemsize * values.shape[1])), {"dtype": "binary", "_type": "Value"}


def words(values: Sequence[str]) -> Column:
    """A column of words."""
    return pa.array(values, pa.string()), {"dtype": "string", "_type": "Value"}


def class_labels(indices: np.ndarray, class_names: Sequence[str]) -> Column:
    """A column of class indices, which the Hub shows by their names."""
    return pa.array(indices, pa.int64()), {"names": list(class_names), "_type": "ClassLabel"}


def pictures(images: UInt8[np.ndarray, "count 32 32 3"], names: Sequence[object]) -> Column:
    """A column of pictures as PNG, each with the name of its file."""
    structs = [{"bytes": _png(image), "path": f"{name}.png"} for image, name in zip(images, names, strict=True)]
    return pa.array(structs, pa.struct([("bytes", pa.binary()), ("path", pa.string())])), {"_type": "Image"}


def write_table(columns: Mapping[str, Column], file: Path | io.BytesIO, notes: Mapping[str, Any] | None = None) -> None:
    """Writes the columns into a file, or into memory, and notes that belong to the whole table.

    Raises ValueError if the columns are not equally long.
    """
    features = {name: feature for name, (_, feature) in columns.items()}
    table = pa.table({name: values for name, (values, _) in columns.items()})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    metadata |= {name: json.dumps(note) for name, note in (notes or {}).items()}
    pq.write_table(
        table.replace_schema_metadata(metadata), file, compression="zstd", dictionary_pagesize_limit=DICTIONARY_BYTES
    )


class Table:
    """A table that was read; each column is checked as it is asked for. All methods raise TableError."""

    def __init__(self, path: Path) -> None:
        try:
            with pq.ParquetFile(path) as file:
                self._table = pa.Table.from_batches(_batches(file), file.schema_arrow)
        except (OSError, ValueError) as error:
            raise TableError(first_lines(error)) from error

    def __len__(self) -> int:
        return len(self._table)

    def whole_numbers(self, name: str, low: int = 0, high: int | None = None) -> np.ndarray:
        """A column of whole numbers from `low` to below `high`."""
        values = self._array(name)
        if values.dtype.kind not in "iu" or (len(values) and values.min() < low):
            raise TableError(f"{name} must hold whole numbers from {low}")
        if high is not None and len(values) and values.max() >= high:
            raise TableError(f"{name} holds a number outside {low} to {high - 1}")
        return values

    def not_negative(self, name: str) -> np.ndarray:
        """A column of finite numbers, at least 0."""
        values = self._array(name)
        if values.dtype.kind != "f" or not np.isfinite(values).all() or (len(values) and values.min() < 0):
            raise TableError(f"{name} must hold finite numbers, at least 0")
        return values

    def lists_of_numbers(self, name: str, length: int | None = None) -> np.ndarray:
        """A column of equally long lists of numbers, (rows, length), in float32."""
        problem = f"{name} must hold lists of {length or 'as many'} numbers in each row"
        values, known = self._lists(name, length, problem)
        if not known.all():
            raise TableError(problem)
        return values

    def lists_or_null(self, name: str, length: int) -> tuple[np.ndarray, np.ndarray]:
        """A column of lists of `length` numbers in float32, zeros where there is none, and where there is one."""
        return self._lists(name, length, f"{name} must hold lists of {length} numbers, or none")

    def words(self, name: str) -> list[str]:
        """A column of words."""
        values = self._column(name).to_pylist()
        if not all(isinstance(each, str) for each in values):
            raise TableError(f"{name} must hold words")
        return values

    def pictures(self, name: str) -> UInt8[np.ndarray, "rows 32 32 3"]:
        """A column of pictures."""
        column = self._column(name)
        try:
            pngs = column.combine_chunks().field("bytes").to_pylist()
            images = [image for png in pngs if (image := _picture(png)) is not None]
        except (OSError, KeyError, ValueError, TypeError, AttributeError, *FAULTS_OF_PICTURES) as error:
            raise TableError(first_lines(error)) from error
        if len(images) < len(pngs):
            raise TableError(f"{name} must hold {SIDE}x{SIDE} RGB pictures")
        return np.stack(images) if images else np.zeros((0, SIDE, SIDE, 3), np.uint8)

    def binary(self, name: str, length: int) -> bytes:
        """A column of `length` bytes in each row, one after the other."""
        cells = self._column(name).to_pylist()
        if any(not isinstance(cell, bytes) or len(cell) != length for cell in cells):
            raise TableError(f"{name} must hold {length} bytes in each row")
        return b"".join(cells)

    def note(self, name: str) -> Any:
        """A note that belongs to the whole table."""
        try:
            return json.loads((self._table.schema.metadata or {})[name.encode()])
        except (KeyError, ValueError, RecursionError) as error:
            raise TableError(f"it says nothing of {name}") from error

    def _lists(self, name: str, length: int | None, problem: str) -> tuple[np.ndarray, np.ndarray]:
        """Lists of `length` numbers, or of as many as the first; zeros where a row has none, and where it has."""
        column = self._column(name)
        if not pa.types.is_list(column.type):
            raise TableError(problem)
        known = np.asarray(column.is_valid().to_numpy())
        lengths = set(pc.unique(pc.list_value_length(column).drop_null()).to_pylist())
        if length is None:
            length = next(iter(lengths), 0)
        flat = pc.list_flatten(column)
        if lengths - {length} or flat.null_count:
            raise TableError(problem)
        values = np.zeros((len(self), length), np.float32)
        values[known] = flat.to_numpy().reshape(int(known.sum()), length)
        return values, known

    def _column(self, name: str) -> Any:
        if name not in self._table.column_names:
            raise TableError(f"it has no column {name}")
        return self._table.column(name)

    def _array(self, name: str) -> np.ndarray:
        column = self._column(name)
        try:
            return np.asarray(column.to_numpy())
        except (ValueError, TypeError, pa.ArrowInvalid) as error:
            raise TableError(f"{name} could not be read: {first_lines(error)}") from error


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """All rows, a few at a time, until there are too many. Raises TableError."""
    found = file.metadata
    claimed = sum(found.row_group(number).total_byte_size for number in range(found.num_row_groups))
    strange = [each.name for each in file.schema_arrow if not _is_known(each.type)]
    if strange:  # a dictionary, say, which is small only until it is looked at
        raise TableError(f"{', '.join(strange)} is of a kind that no release has")
    if found.num_rows > MAX_ROWS or claimed > MAX_BYTES:
        raise TableError(f"{found.num_rows:,} rows of {claimed // 2**20:,} MB are more than a release may hold")
    size = 0
    # A value that is stored once can stand in every row; none is longer than all that is claimed.
    for batch in file.iter_batches(max(1, min(MOST_AT_ONCE, MAX_BYTES // max(1, claimed)))):
        if (size := size + batch.nbytes) > MAX_BYTES:
            raise TableError(f"it holds more than {MAX_BYTES // 2**20} MB")
        yield batch


def _is_known(kind: pa.DataType) -> bool:
    """Whether `write_table` makes columns of this type."""
    if pa.types.is_list(kind):
        return bool(pa.types.is_integer(kind.value_type) or pa.types.is_floating(kind.value_type))
    if pa.types.is_struct(kind):
        return all(pa.types.is_binary(each.type) or pa.types.is_string(each.type) for each in kind)
    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_binary,
             pa.types.is_fixed_size_binary)  # fmt: skip
    return any(each(kind) for each in plain)


def first_lines(error: Exception) -> str:
    """What an error says, on one line and not at length."""
    return " ".join(str(error).split())[:200]


def _picture(png: bytes) -> UInt8[np.ndarray, "32 32 3"] | None:
    """None, and nothing is decoded, if it has another size or another mode."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        return np.asarray(image) if (image.size, image.mode) == ((SIDE, SIDE), "RGB") else None


def _png(image: UInt8[np.ndarray, "32 32 3"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()
