import numpy as np
import pytest

from interpret.drawing.feature_maps import (
    cell_of_map,
    describe_channel,
    draw_channels,
    draw_channels_apart,
    draw_map,
    draw_stages,
    tile_at,
)
from interpret.drawing.render import panel_origin
from tests.charts import Grid, Painted, check_panel

SIDES = {
    "prep_layer": 32,
    "custom_block1": 16,
    "resnet_block1": 16,
    "custom_block2": 8,
    "custom_block3": 4,
    "resnet_block3": 4,
}


@pytest.fixture
def maps() -> dict[str, np.ndarray]:
    """A channel in every stage, ten times as strong in each stage as in the one before."""
    generator = np.random.default_rng(0)
    return {
        name: (10.0**number * generator.random((side, side))).astype(np.float32)
        for number, (name, side) in enumerate(SIDES.items())
    }


def test_each_stage_has_a_panel_of_its_own_scale_in_the_order_of_the_network(maps):
    picture = draw_stages(maps)
    assert picture.shape == (2 * (256 + 12) + 12, 3 * (192 + 12) + 12, 3)
    for number, (name, values) in enumerate(maps.items()):
        high = float(values.max())
        row, column = divmod(number, 3)
        grid = Grid(1, 192 // SIDES[name], left=12 + 204 * column, top=12 + 268 * row)
        end = f"{high:.3g}" if high < 1 else f"{high:.1f}"
        check_panel(picture, grid, values[None], Painted("magma", 0, high), f"{number + 1}: {name}",
                    ["0", f"{end} activation"])  # fmt: skip


def test_all_channels_of_a_stage_share_one_scale():
    maps = np.random.default_rng(1).random((64, 32, 32)).astype(np.float32)
    maps[0] /= 1000
    maps[63, 31, 31] = 12.34
    check_panel(
        draw_channels(maps, "prep_layer"),
        Grid(8, 3, 2),
        maps,
        Painted("magma", 0, 12.34),
        "prep_layer: 64 channels of 32×32 cells, row by row",
        ["0", "12.3 activation"],
    )


def test_a_sentence_counts_the_layers_and_the_channels_that_respond():
    silent, loud = np.zeros((2, 2)), np.array([[0.0, 0.0], [0.0, 0.1]])
    sentence = describe_channel({"a": silent, "b": loud, "c": loud}, 7, np.stack([loud, silent, loud, loud]), "b")
    assert sentence == "Channel 7 responds to this picture in 2 of 3 layers; in b, 3 of 4 channels do."


def test_channels_apart_show_faint_ones_too_on_a_scale_of_their_own():
    maps = np.random.default_rng(1).random((64, 32, 32)).astype(np.float32)
    maps /= maps.max(axis=(1, 2), keepdims=True)
    faint = maps * np.logspace(-6, 0, 64, dtype=np.float32)[:, None, None]
    told = ["0", "1.0 × each channel's own largest value"]
    name = "prep_layer: 64 channels of 32×32 cells, row by row"
    check_panel(draw_channels_apart(faint, "prep_layer"), Grid(8, 3, 2), maps, Painted("magma", 0, 1), name, told)


def test_negative_values_are_shown_on_a_symmetric_scale():
    maps = np.random.default_rng(1).standard_normal((64, 32, 32)).astype(np.float32)
    limit = float(np.abs(maps).max())
    check_panel(
        draw_channels(maps, "prep_layer", order="the strongest response first"),
        Grid(8, 3, 2),
        maps,
        Painted("RdBu_r", -limit, limit),
        "prep_layer: 64 channels of 32×32 cells, the strongest response first",
        [f"−{limit:.1f}", f"{limit:.1f} value"],
    )


def test_a_channel_that_responds_nowhere_is_crossed_out():
    maps = np.ones((4, 4, 4), np.float32)
    crossed, whole = maps.copy(), maps.copy()
    crossed[2] = 0
    told = "layer: 4 channels of 4×4 cells, row by row", ["0", "1.0 activation"]
    for values, silent in ((crossed, {2}), (whole, set())):
        check_panel(
            draw_channels(values, "layer"), Grid(2, 99, 2), values, Painted("magma", 0, 1), *told, crossed=silent
        )


def test_a_click_finds_the_channel_as_it_stands_and_none_between():
    side, step = 3 * 32, 3 * 32 + 2
    left, top = panel_origin(8 * step - 2)
    for at in (0, 7, 8, 63):
        row, column = divmod(at, 8)
        for inside in (0, side - 1):
            assert tile_at(left + column * step + inside, top + row * step + inside, 64, 32) == at
    assert tile_at(left + side, top, 64, 32) is None and tile_at(left - 1, top, 64, 32) is None
    assert tile_at(left, top + 8 * step, 64, 32) is None


def test_a_click_finds_the_cell_of_a_map():
    left, top = panel_origin(288)
    assert cell_of_map(left, top, 4) == (0, 0) and cell_of_map(left + 287, top + 287, 4) == (3, 3)
    assert cell_of_map(left + 72, top, 4) == (0, 1) and cell_of_map(left - 1, top, 4) is None


def test_the_chosen_cell_of_a_map_is_framed():
    drawn = draw_map(np.eye(4), "a map", (1, 2))
    left, top = panel_origin(288)
    assert drawn[top + 72, left + 2 * 72 + 30].tolist() == [234, 88, 12]
    assert drawn[top + 72, left + 30].tolist() != [234, 88, 12]
