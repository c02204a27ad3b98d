import numpy as np
import pytest
from PIL import Image

from model.uploads.colours import Colours, colours_of_png, through, to_srgb
from model.uploads.png import Told
from model.uploads.profiles import PRIMARIES, SRGB, matrix_profile
from tests.model.uploads.table.scenes import ALPHA, CUT_OUT, IN_P3, P3_PROFILE, SCENE, SRGB_PROFILE

NOISE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


@pytest.mark.parametrize("profile", [None, SRGB_PROFILE, matrix_profile(SRGB), b"broken", P3_PROFILE[:300]])
def test_a_picture_in_srgb_stays_as_it_is_bit_for_bit(profile):
    assert np.array_equal(np.asarray(to_srgb(Image.fromarray(NOISE), profile)), NOISE)


def test_opacity_stays_as_it_is():
    found = np.asarray(to_srgb(Image.fromarray(CUT_OUT), P3_PROFILE))
    assert np.array_equal(found[..., 3], ALPHA)
    assert abs(found[..., :3] - IN_P3).mean() < 0.6


def test_a_curve_leaves_opacity_as_it_is():
    found = np.asarray(through(Image.fromarray(CUT_OUT), lambda signal: 1 - signal))
    assert np.array_equal(found, np.dstack([255 - SCENE, ALPHA]))


def test_what_says_more_of_a_pngs_colours_goes_before_what_says_less():
    everything = {"gamma": 1.0, "chromaticities": PRIMARIES[12], "srgb": True, "profile": b"a", "code_points": (1, 13)}
    assert colours_of_png(Told(**everything)) == Colours()
    del everything["code_points"]
    assert colours_of_png(Told(**everything)) == Colours(b"a")
    del everything["profile"]
    assert colours_of_png(Told(**everything)) == Colours()
    del everything["srgb"]
    found = colours_of_png(Told(**everything))
    assert found.profile == P3_PROFILE and found.curve is not None
    assert np.allclose(found.curve(np.array([0, 0.5, 1])), [0, 0.5 ** (1 / 2.2), 1])


@pytest.mark.parametrize("gamma", [0.45455, 0.45, 0.4545])
def test_the_gamma_that_stands_for_srgb_changes_nothing(gamma):
    assert colours_of_png(Told(gamma=gamma)) == Colours()
