import pytest

from tests.model.uploads.table import Upload
from tests.model.uploads.table.rows import rows

ROWS = rows()


@pytest.mark.parametrize("upload", ROWS, ids=lambda upload: upload.name)
def test_an_upload_comes_out_as_it_looks_or_is_refused_in_a_sentence(upload: Upload):
    found = upload.found()
    assert upload.is_as_expected(found), found


def test_the_table_tells_of_more_than_a_hundred_uploads():
    assert len(ROWS) > 250
