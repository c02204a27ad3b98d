import io

import numpy as np
import pytest
from PIL import Image

from model.uploads.depths import Scale, eight_bits, is_deep
from model.uploads.limits import ImageError
from tests.model.uploads.table import saved
from tests.model.uploads.table.scenes import CUT_OUT, SCENE
from tests.model.uploads.table.writers import GREY, RGB, png

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def opener(content: bytes):
    return lambda: Image.open(io.BytesIO(content))


@pytest.mark.parametrize("colours", [GREY, RGB])
def test_every_value_of_sixteen_bits_is_rounded_to_the_nearest_of_eight(colours):
    words = RAMP if colours == GREY else np.dstack([RAMP, RAMP[::-1], RAMP.T])
    found = np.asarray(eight_bits(opener(png(words, 16, colours)), Scale()))
    assert np.array_equal(found, np.rint(words / 257).astype(np.uint8))


def test_pictures_of_eight_bits_are_not_deep():
    assert not any(is_deep(opener(saved(each, "PNG")())()) for each in (SCENE, CUT_OUT, SCENE[..., 0]))
    assert is_deep(opener(png(RAMP, 16, GREY))())


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 15])
@pytest.mark.parametrize("brightest", [1.0, 0.1])
def test_significant_bits_that_were_scaled_up_are_told_from_those_that_were_not(bits, brightest):
    most = (1 << bits) - 1
    raw = np.rint(np.linspace(0, most * brightest, 64 * 64)).reshape(64, 64).astype(np.uint16)
    right = np.rint(raw / most * 255)
    scaled_up = np.rint(raw / most * 65535).astype(np.uint16)
    for words in (raw, scaled_up):
        found = np.asarray(eight_bits(opener(png(words, 16, GREY)), Scale(significant=bits)))
        assert abs(found - right).max() <= 1


def test_a_curve_sees_what_sixteen_bits_tell_in_the_dark():
    dark = np.full((8, 8), 60, np.uint16)  # less than half a level of 255
    found = np.asarray(eight_bits(opener(png(dark, 16, GREY)), Scale(), lambda signal: signal ** (1 / 2.2)))
    assert np.unique(found).tolist() == [round(255 * (60 / 65535) ** (1 / 2.2))]


def test_a_number_that_is_brighter_than_the_file_says_is_refused_in_its_own_terms():
    floats = np.full((8, 8), 300, np.float32)
    with pytest.raises(ImageError, match="from 300 to 300, outside 0 to 255;"):
        eight_bits(opener(saved(floats, "TIFF")()), Scale(full=255.0))
