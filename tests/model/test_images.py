import io

import numpy as np
import pytest
import torch
from PIL import Image

from model.images import ImageError, prepare, read_rgb, share_cropped, to_pixels, to_tensor
from model.uploads.limits import MAX_PIXELS


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_32x32_png_passes_unchanged_bit_for_bit():
    pixels = noise(32, 32, 3)
    assert np.array_equal(prepare(encode(Image.fromarray(pixels))), pixels)


@pytest.mark.parametrize("resize_mode", ["crop", "fit"])
def test_a_32x32_image_is_the_same_however_it_is_squared(resize_mode):
    pixels = noise(32, 32, 3)
    assert np.array_equal(prepare(encode(Image.fromarray(pixels)), resize_mode), pixels)


def test_an_opaque_rgba_image_keeps_its_colours():
    pixels = noise(32, 32, 3)
    opaque = np.dstack([pixels, np.full((32, 32), 255, np.uint8)])
    assert np.array_equal(prepare(encode(Image.fromarray(opaque))), pixels)


def test_transparent_pixels_become_white():
    clear = np.zeros((32, 32, 4), np.uint8)
    assert (prepare(encode(Image.fromarray(clear))) == 255).all()


def test_half_transparent_black_becomes_mid_grey():
    half = np.zeros((32, 32, 4), np.uint8)
    half[..., 3] = 128
    assert np.unique(prepare(encode(Image.fromarray(half)))).tolist() == [127]


def test_palette_transparency_becomes_white():
    palette = Image.fromarray(np.zeros((32, 32), np.uint8), "P")
    palette.putpalette([255, 0, 0] + [0, 0, 0] * 255)
    assert (prepare(encode(palette, transparency=0)) == 255).all()


def test_grey_becomes_three_equal_channels():
    grey = noise(32, 32)
    assert np.array_equal(prepare(encode(Image.fromarray(grey))), np.dstack([grey] * 3))


def test_sixteen_bit_grey_keeps_its_full_range():
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    pixels = prepare(encode(Image.fromarray(ramp)))
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert np.array_equal(pixels[..., 0], np.round(ramp / 257).astype(np.uint8))


def test_float_images_run_from_zero_to_one():
    ramp = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    pixels = prepare(encode(Image.fromarray(ramp), "TIFF"))
    assert (pixels.min(), pixels.max()) == (0, 255)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.5, -1.0])
def test_float_images_outside_zero_to_one_are_refused_in_a_sentence(value):
    bad = np.zeros((32, 32), np.float32)
    bad[3, 3] = value
    with pytest.raises(ImageError, match="8-bit PNG"):
        prepare(encode(Image.fromarray(bad), "TIFF"))


def test_cmyk_becomes_rgb():
    red = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    pixels = prepare(encode(red, "JPEG", quality=100)).astype(int)
    assert abs(pixels - [255, 0, 0]).max() <= 3  # JPEG's own rounding


def test_a_phone_image_is_turned_upright():
    pixels = np.zeros((64, 32, 3), np.uint8)
    pixels[:32] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # rotated by 180 degrees
    upright = read_rgb(encode(Image.fromarray(pixels), exif=exif))
    assert np.array_equal(np.asarray(upright), pixels[::-1, ::-1])


def test_an_animated_file_gives_its_first_frame():
    first, second = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    gif = encode(first, "GIF", save_all=True, append_images=[second])
    assert np.array_equal(prepare(gif), np.full((32, 32, 3), (255, 0, 0), np.uint8))


def test_crop_keeps_the_centred_square():
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = noise(32, 32, 3)
    assert np.array_equal(prepare(encode(Image.fromarray(wide))), wide[:, 32:64])


def test_fit_keeps_the_whole_image_on_white():
    wide = Image.new("RGB", (64, 32), "black")
    pixels = prepare(encode(wide), "fit")
    assert (pixels[:8] == 255).all() and (pixels[-8:] == 255).all()
    assert (pixels[8:24] == 0).all()


def test_resizing_is_antialiased():
    """A one-pixel checkerboard has no detail left at a quarter of its size: only its mean may remain."""
    board = (np.indices((128, 128)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert abs(prepare(encode(Image.fromarray(board))).astype(int) - 128).max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (7, 3), (33, 31)])
@pytest.mark.parametrize("resize_mode", ["crop", "fit"])
def test_any_size_and_shape_becomes_32x32(size, resize_mode):
    assert prepare(encode(Image.new("RGB", size, "green")), resize_mode).shape == (32, 32, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_png_mode_becomes_rgb(mode):
    assert prepare(encode(Image.new(mode, (50, 40)))).shape == (32, 32, 3)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"<svg></svg>"])
def test_what_is_no_image_is_answered_with_what_would_be(content):
    with pytest.raises(ImageError, match="PNG, JPEG"):
        prepare(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_an_image_cut_off_in_the_middle_is_an_error(kind):
    whole = encode(Image.fromarray(noise(200, 200, 3)), kind)
    with pytest.raises(ImageError, match="undamaged"):
        prepare(whole[: len(whole) // 2])


def test_formats_that_start_other_programs_are_not_opened():
    with pytest.raises(ImageError, match="PNG, JPEG"):
        prepare(encode(Image.new("RGB", (8, 8)), "EPS"))


def test_a_missing_file_is_named():
    with pytest.raises(ImageError, match=r"nowhere\.png"):
        prepare("nowhere.png")


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded():
    side = int(MAX_PIXELS**0.5) + 8
    with pytest.raises(ImageError, match="megapixels"):
        prepare(encode(Image.new("1", (side, side))))


def test_an_unknown_way_to_square_is_refused():
    with pytest.raises(ImageError, match="crop, fit"):
        prepare(encode(Image.new("RGB", (8, 8))), "stretch")


def test_the_tensor_holds_the_pixels_in_zero_to_one_channels_first():
    pixels = noise(2, 32, 32, 3)
    tensor = to_tensor(pixels)
    assert tensor.dtype == torch.float32 and tensor.shape == (2, 3, 32, 32)
    assert np.array_equal((tensor * 255).round().numpy().transpose(0, 2, 3, 1), pixels)


def test_pixels_survive_the_way_to_a_tensor_and_back():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    assert np.array_equal(to_pixels(to_tensor(pixels)), pixels[0])
    assert to_pixels(torch.full((1, 3, 1, 1), 0.4999 / 255)).max() == 0


@pytest.mark.parametrize(
    ("size", "left_out"), [((400, 300), 0.25), ((300, 400), 0.25), ((10, 100), 0.9), ((7, 7), 0.0)]
)
def test_the_share_that_a_crop_leaves_out_is_known_from_the_size(size, left_out):
    assert share_cropped(encode(Image.new("RGB", size))) == pytest.approx(left_out)
