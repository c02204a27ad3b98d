import pytest

from model.uploads.limits import MAX_PIXELS, ImageError, check_pixels


def test_as_many_pixels_as_are_accepted_pass_and_one_more_does_not():
    check_pixels(MAX_PIXELS, 1)
    with pytest.raises(ImageError, match=r"^50000001x1 is more than the 50 megapixels .*\(200 of a JPEG"):
        check_pixels(MAX_PIXELS + 1, 1)
