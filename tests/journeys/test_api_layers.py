"""Feature maps and kernels as the API answers them, read back from the pictures."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.answers import CAT, pixels_of
from tests.charts import Grid, Painted, check_panel

RESIDUAL = ("resnet_block1", "resnet_block3")
KEYS = {
    "prep_layer": "prep_layer.0",
    "custom_block1": "custom_block1.0",
    "resnet_block1.0": "resnet_block1.0",
    "resnet_block1.3": "resnet_block1.3",
    "custom_block2": "custom_block2.0",
    "custom_block3": "custom_block3.0",
    "resnet_block3.0": "resnet_block3.0",
    "resnet_block3.3": "resnet_block3.3",
}
# How many kernels a picture shows: in rows of how many, how large each weight is.
KERNEL_GRIDS = {64: Grid(8, 25, 4), 128: Grid(16, 12, 4), 256: Grid(16, 12, 4), 512: Grid(32, 5, 4)}


@pytest.fixture(scope="module")
def activations(network, cat) -> dict[str, np.ndarray]:
    """Each stage's activations, from the weights by torch's functions alone."""
    state, config, found = network.state_dict(), network.config, {}

    def block(x: torch.Tensor, name: str, conv: int, norm: int, pool: bool = False) -> torch.Tensor:
        x = F.conv2d(x, state[f"{name}.{conv}.weight"], padding=1)
        x = F.max_pool2d(x, 2) if pool else x
        parts = (state[f"{name}.{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.relu(F.batch_norm(x, *parts))

    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (config.mean, config.std))
    x = (cat - mean) / std
    for name in ("prep_layer", "custom_block1", "resnet_block1", "custom_block2", "custom_block3", "resnet_block3"):
        if name in RESIDUAL:
            x = x + block(block(x, name, 0, 1), name, 3, 4)
        else:
            x = block(x, name, 0, *((1, False) if name == "prep_layer" else (2, True)))
        found[name] = x[0].numpy()
    return found


def short(value: float) -> str:
    """A number as a legend writes it."""
    return (f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}").replace("-", "\u2212")


def test_feature_maps_gives_one_channel_of_every_layer_and_all_of_one(client, activations):
    stages, grid, sentence, _ = client.predict(CAT, 5, "custom_block3", api_name="/feature_maps")
    picture = pixels_of(stages)
    assert picture.shape == (2 * 268 + 12, 3 * 204 + 12, 3)
    for number, (name, maps) in enumerate(activations.items()):
        one, high, (row, column) = maps[5], float(maps[5].max()), divmod(number, 3)
        place = Grid(1, 192 // len(one), left=12 + 204 * column, top=12 + 268 * row)
        ends = ["0", f"{short(high)} activation"]
        check_panel(picture, place, one[None], Painted("magma", 0, high), f"{number + 1}: {name}", ends)
    every = activations["custom_block3"]
    high = float(every.max())
    title = "custom_block3: 512 channels of 4×4 cells, row by row"
    ends = ["0", f"{short(high)} activation"]
    silent = {number for number, maps in enumerate(every) if not maps.any()}
    assert silent
    check_panel(pixels_of(grid), Grid(32, 5, 2), every, Painted("magma", 0, high), title, ends, crossed=silent)
    assert "Channel 5" in sentence and "of 512 channels" in sentence


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_kernels_gives_a_picture_for_each_of_the_eight_convolutions(client, network, name, key):
    weight = network.state_dict()[f"{key}.weight"]
    count, last = len(weight), weight.shape[1] - 1
    picture, sentence, *_ = client.predict(name, last, False, api_name="/kernels")
    kernels = weight[:, last].numpy()
    limit = float(np.abs(kernels).max())
    title = f"{name}: {count} kernels on input channel {last}"
    ends = [short(-limit), f"{short(limit)} weight"]
    check_panel(pixels_of(picture), KERNEL_GRIDS[count], kernels, Painted("RdBu_r", -limit, limit), title, ends)
    assert name in sentence


def test_kernels_without_arguments_shows_the_first_layer_in_colour(client):
    picture, sentence, *_ = client.predict(api_name="/kernels")
    assert "red, green and blue" in sentence
    assert pixels_of(picture).size
