"""All rows of the table."""

from tests.model.uploads.table import Upload
from tests.model.uploads.table.animated import animated_rows
from tests.model.uploads.table.damaged import damaged_rows
from tests.model.uploads.table.jpeg import jpeg_rows
from tests.model.uploads.table.others import other_rows
from tests.model.uploads.table.png import png_colour_rows, png_rows
from tests.model.uploads.table.tiff import tiff_rows


def rows() -> list[Upload]:
    return [
        *png_rows(),
        *png_colour_rows(),
        *jpeg_rows(),
        *tiff_rows(),
        *other_rows(),
        *animated_rows(),
        *damaged_rows(),
    ]
