import numpy as np
import pytest

from interpret.drawing.receptive_field import draw_patch, draw_receptive_field
from interpret.layers.channels import module_name
from interpret.layers.receptive_field import Box, receptive_field


def test_what_is_seen_stays_as_it_is_and_all_else_is_dimmed():
    pixels = np.full((32, 32, 3), 200, np.uint8)
    drawn = draw_receptive_field(pixels, Box(4, 6, 9, 20))
    inside, outside = drawn[8 * 6 + 4, 8 * 10 + 4], drawn[8 * 20 + 4, 8 * 10 + 4]
    assert inside.tolist() == [200] * 3 and outside.tolist() == [70] * 3
    assert drawn[8 * 4, 8 * 10].tolist() == [234, 88, 12], "the frame's upper edge"
    assert drawn[8 * 10 - 1, 8 * 10].tolist() == [234, 88, 12], "the frame's lower edge"


def test_a_field_that_reaches_beyond_the_picture_is_framed_at_its_edge():
    drawn = draw_receptive_field(np.zeros((32, 32, 3), np.uint8), Box(-4, -4, 40, 40))
    assert drawn.shape == (256, 256, 3) and drawn[0, 100].tolist() == drawn[255, 100].tolist() == [234, 88, 12]


def test_a_small_field_stands_enlarged_in_the_corner_that_is_furthest_from_it():
    pixels = np.random.default_rng(0).integers(0, 200, (32, 32, 3), dtype=np.uint8)
    for field, corner in ((Box(2, 3, 4, 5), (-1, -1)), (Box(25, 3, 27, 5), (0, -1)), (Box(25, 27, 27, 29), (0, 0))):
        drawn = draw_patch(pixels, field)
        patch = pixels[field.top : field.bottom + 1, field.left : field.right + 1]
        edges = [slice(None, 90) if side == 0 else slice(-90, None) for side in corner]
        inset = drawn[edges[0], edges[1]]
        assert (inset[:3] == 255).all() and (inset[:, -3:] == 255).all()
        assert np.array_equal(inset[3:-3:28, 3:-3:28], patch)
        beside = draw_receptive_field(pixels, field)
        rows, columns = (slice(90, None) if side == 0 else slice(None, -90) for side in corner)
        assert np.array_equal(drawn[rows, columns], beside[rows, columns])


def test_a_large_field_needs_no_enlargement():
    pixels = np.random.default_rng(0).integers(0, 200, (32, 32, 3), dtype=np.uint8)
    field = Box(-3, 5, 20, 28)
    assert np.array_equal(draw_patch(pixels, field), draw_receptive_field(pixels, field))


@pytest.mark.parametrize("layer", ["prep_layer", "custom_block1", "resnet_block1.0", "resnet_block1"])
def test_no_enlargement_hides_any_of_its_field(network, layer):
    point, pixels = module_name(network, layer, "output"), np.full((32, 32, 3), 100, np.uint8)
    for row, column in np.ndindex(*[32 if layer == "prep_layer" else 16] * 2):
        field = receptive_field(network, point, row, column)
        seen = field.cut
        inside = slice(8 * seen.top, 8 * seen.bottom + 8), slice(8 * seen.left, 8 * seen.right + 8)
        plain, drawn = draw_receptive_field(pixels, field), draw_patch(pixels, field)
        assert np.array_equal(drawn[inside], plain[inside]), (row, column)
