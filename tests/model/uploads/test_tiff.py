import numpy as np
import pytest

from model.uploads.depths import Scale
from model.uploads.tiff import open_tiff, scale_of
from tests.model.uploads.table.writers import grey_scene, tiff

GREY = grey_scene(4096)
SHORT, FLOAT = "H", "f"


@pytest.mark.parametrize(
    ("options", "full"),
    [
        ({}, None),
        ({"bits": 12}, 4095),
        ({"tags": {281: (SHORT, (4095,))}}, 4095),
        ({"tags": {281: (SHORT, (3000,))}}, 4095),
        ({"tags": {281: (SHORT, (3000,)), 341: (SHORT, (3000,))}}, 3000),
        ({"tags": {341: (FLOAT, (float("nan"),))}}, None),
    ],
)
def test_the_tags_tell_the_value_of_full_brightness(options, full):
    assert scale_of(open_tiff(tiff(GREY, 1, **options))) == Scale(full)


def test_white_may_be_zero_in_either_byte_order():
    for order in "<>":
        image = open_tiff(tiff(GREY, 0, order=order))
        assert scale_of(image).inverted
        assert np.array_equal(np.asarray(image), GREY)


def test_the_first_of_several_pages_is_read(tmp_path):
    from PIL import Image

    first, second = Image.fromarray(grey_scene()), Image.new("L", (32, 32))
    first.save(tmp_path / "pages.tif", save_all=True, append_images=[second])
    assert np.array_equal(np.asarray(open_tiff((tmp_path / "pages.tif").read_bytes())), grey_scene())
