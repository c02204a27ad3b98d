"""A selection of errors as a file: as a table, as a table with the pictures in it, or as pictures beside a table.

The same selection gives the same bytes.
"""

import io
import re
from collections.abc import Sequence
from zipfile import ZipFile, ZipInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Int

from interpret.choices import check_name
from model.files.tables import Column, numbers, pictures, write_table
from model.samples import Misclassified

FORMATS = ("csv", "parquet", "zip")
STEM = "errors"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold


def export_errors(
    samples: Misclassified,
    rows: Int[np.ndarray, "chosen"],
    frame: pd.DataFrame,
    class_names: Sequence[str],
    form: str,
) -> tuple[str, bytes]:
    """The name of a file, and its content. `frame` says what is known of the chosen errors, one row each, in the order
    of `rows`.

    "csv": the frame in UTF-8, with every digit. "parquet": the frame with a column `image`, which the Hub shows as
    pictures. "zip": a PNG for each error, `2405_cat_as_frog.png`, and the frame as `errors.csv`.

    Raises ChoiceError if `form` is none of FORMATS, and ValueError if the frame has not one row for each error.
    """
    check_name("format", form, FORMATS)
    if len(frame) != len(rows):
        raise ValueError(f"{len(rows)} errors were chosen, and the frame has {len(frame)} rows.")
    if form == "csv":
        content = _csv(frame)
    else:
        images = pictures(samples.images[rows], _picture_names(samples, rows, class_names))
        content = _parquet(frame, images) if form == "parquet" else _zip(frame, images)
    return f"{STEM}.{form}", content


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _parquet(frame: pd.DataFrame, images: Column) -> bytes:
    file = io.BytesIO()
    write_table({"image": images, **{str(name): _column(frame[name]) for name in frame}}, file)
    return file.getvalue()


def _column(values: pd.Series) -> Column:
    """Numbers in their own type; everything else as text."""
    if values.dtype.kind in "iuf":
        return numbers(values.to_numpy(), values.dtype.name)
    return pa.array(values.astype(str), pa.string()), {"dtype": "string", "_type": "Value"}


def _zip(frame: pd.DataFrame, images: Column) -> bytes:
    """Not compressed, which PNGs are already: so is a `ZipInfo` unless it says otherwise."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(ZipInfo(f"{STEM}.csv", LONG_AGO), _csv(frame))
        for picture in images[0].to_pylist():
            archive.writestr(ZipInfo(picture["path"], LONG_AGO), picture["bytes"])
    return file.getvalue()


def _picture_names(samples: Misclassified, rows: Int[np.ndarray, "chosen"], class_names: Sequence[str]) -> list[str]:
    """Without a character that could lead out of the folder that a zip file is unpacked into."""
    safe = [re.sub(r"[^\w-]+", "-", name) for name in class_names]
    chosen = zip(samples.test_indices[rows], samples.labels[rows], samples.predictions[rows], strict=True)
    return [f"{index}_{safe[label]}_as_{safe[prediction]}" for index, label, prediction in chosen]
