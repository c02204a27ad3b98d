import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from model.uploads.profiles import PRIMARIES, SRGB, light_of_srgb, matrix_profile, profile_of_code_points


def in_srgb(profile: bytes | None, colour: tuple[int, int, int]) -> tuple[int, ...]:
    assert profile is not None
    source, target = (
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
    )
    transform = ImageCms.ImageCmsTransform(source, target, "RGB", "RGB")
    return transform.apply(Image.new("RGB", (1, 1), colour)).getpixel((0, 0))


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 90), (1, 2, 3), (127, 127, 127)])
def test_the_profile_of_srgbs_own_numbers_moves_no_colour(colour):
    assert np.abs(np.subtract(in_srgb(matrix_profile(SRGB), colour), colour)).max() <= 1


@pytest.mark.parametrize("primaries", PRIMARIES.values())
def test_white_stays_white_whatever_the_primaries(primaries):
    assert min(in_srgb(matrix_profile(primaries), (255, 255, 255))) >= 254


def test_red_of_display_p3_that_srgb_also_has_is_found():
    """sRGB's red is (234, 51, 35) in Display P3: CSS Color 4 gives 0.91749, 0.20029, 0.13856."""
    assert np.abs(np.subtract(in_srgb(matrix_profile(PRIMARIES[12]), (234, 51, 35)), (255, 0, 0))).max() <= 2


@pytest.mark.parametrize(
    "points",
    [(0,) * 8, (*SRGB[:4], *SRGB[2:4], *SRGB[6:]), (0.3127, 0, *SRGB[2:]), (-0.3, 0.3, *SRGB[2:]),
     (1.7, 9500, 680, 1.1e-5, 1700, 2.1e-5, 100, 0.00049)],
)  # fmt: skip
def test_primaries_that_span_nothing_or_too_much_make_no_profile(points):
    assert matrix_profile(points) is None


def test_the_code_points_of_srgb_and_of_television_need_no_profile():
    assert {profile_of_code_points(1, transfer) for transfer in (1, 2, 6, 13, 14, 15)} == {None}
    assert profile_of_code_points(12, 13) == matrix_profile(PRIMARIES[12])
    assert profile_of_code_points(1, 8) == matrix_profile(SRGB, lambda signal: signal)


@pytest.mark.parametrize(("transfer", "white", "grey"), [(16, 0.58069, 0.38), (18, 0.75, 0.5)])
def test_of_a_picture_with_a_high_range_paper_white_is_white_and_so_is_all_above(transfer, white, grey):
    profile = profile_of_code_points(1, transfer)
    assert min(in_srgb(profile, (round(255 * white),) * 3)) >= 253
    assert min(in_srgb(profile, (255, 255, 255))) == 255
    middle = in_srgb(profile, (round(255 * grey),) * 3)
    assert 90 < middle[0] < 170 and max(middle) - min(middle) <= 1


def test_srgbs_curve_goes_through_its_known_points():
    assert np.allclose(light_of_srgb(np.array([0, 0.04045, 0.5, 1])), [0, 0.0031308, 0.21404, 1], atol=1e-5)
