import numpy as np
import pytest

from interpret.drawing.feature_maps import describe_channel, draw_channels, draw_stages
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
