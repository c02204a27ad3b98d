import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.layers.kernels import convolutions_by_name
from interpret.tabs.kernels.answer import kernels_endpoint, viewer_of
from tests.charts import Grid, Painted, check_panel


@pytest.fixture(scope="module")
def kernels(served):
    return kernels_endpoint(served, viewer_of(served))


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def short(value: float) -> str:
    """A number as a legend writes it."""
    return (f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}").replace("-", "\u2212")


def check_kernels(path: str, weights: np.ndarray, grid: Grid, title: str, unit: str = "weight") -> None:
    limit = float(np.abs(weights).max())
    ends = [short(-limit), f"{short(limit)} {unit}"]
    check_panel(pixels(path), grid, weights, Painted("RdBu_r", -limit, limit), title, ends)


def test_the_first_layer_is_shown_in_the_colours_of_its_weights(kernels, network):
    path, sentence, *_ = kernels()
    assert sentence.startswith("All 64 kernels of prep_layer, on red, green and blue together; grey is zero. No two ")
    assert "the closest, 2 and 59, have \u22120.84. None is dead." in sentence
    weight = network.state_dict()["prep_layer.0.weight"].numpy()
    first = pixels(path)[48 : 48 + 75 : 25, 12 : 12 + 75 : 25]
    expected = 127.5 * (1 + weight[0].transpose(1, 2, 0) / np.abs(weight).max())
    assert np.abs(first - expected).max() <= 0.51


@pytest.mark.parametrize(("layer", "rgb"), [("prep_layer", False), ("custom_block1", True)])
def test_one_input_channel_is_shown_where_colours_are_not_wanted_or_not_there(kernels, layer, rgb):
    _, sentence, *_ = kernels(layer, 2, rgb)
    count, inputs = {"prep_layer": (64, 3), "custom_block1": (128, 64)}[layer]
    assert sentence.startswith(
        f"What each of the {count} kernels of {layer} does to channel 2 of its {inputs} inputs. "
        "Red adds, blue subtracts. No two are near-duplicates"
    )


def test_one_kernel_is_shown_on_all_of_its_inputs(kernels, network):
    path, sentence, *_ = kernels("custom_block3", kernel=100)
    weight = network.state_dict()["custom_block3.0.weight"].numpy()
    check_kernels(path, weight[100], Grid(16, 12, 4), "custom_block3: kernel 100 on its 256 inputs")
    assert sentence.startswith("Kernel 100 of custom_block3: norm ")


def test_folded_kernels_are_multiplied_by_their_scales(kernels, network):
    state = network.state_dict()
    scale = state["custom_block1.2.weight"] / (state["custom_block1.2.running_var"] + 1e-5).sqrt()
    weight = (state["custom_block1.0.weight"] * scale[:, None, None, None]).numpy()
    path, sentence, *_ = kernels("custom_block1", 5, folded=True)
    title = "custom_block1: 128 kernels on input channel 5"
    check_kernels(path, weight[:, 5], Grid(16, 12, 4), title, "weight × batch norm's scale")
    assert "Each kernel is multiplied by its batch norm's scale" in sentence and "max-pool" in sentence


def test_by_norm_the_strongest_kernel_comes_first(kernels, network):
    weight = network.state_dict()["resnet_block1.3.weight"].numpy()
    order = np.argsort(-np.linalg.norm(weight.reshape(128, -1), axis=1))
    path, _, _, _, numbers = kernels("resnet_block1.3", 7, sort="norm")
    check_kernels(path, weight[order, 7], Grid(16, 12, 4), "resnet_block1.3 by norm, on input channel 7")
    assert numbers["order"] == order.tolist()


def test_frequencies_are_the_first_layers_alone_in_the_order_of_its_kernels(kernels, network):
    assert kernels("custom_block1")[3] is None
    weight = network.state_dict()["prep_layer.0.weight"].numpy()
    order = np.argsort(-np.linalg.norm(weight.reshape(64, -1), axis=1))
    path = kernels("prep_layer", sort="norm")[3]
    frequencies = np.linspace(-0.5, 0.5, 17)
    waves = np.exp(-2j * np.pi * np.outer(frequencies, np.arange(3)))  # the transform's own definition
    expected = np.abs(np.einsum("ur,kcrs,vs->kuv", waves, weight, waves)) / 3
    title = "\u22120.5 to 0.5 cycles per pixel, 0 in the middle"
    high = float(expected.max())
    ends = ["0", f"{short(high)} response, mean of RGB"]
    check_panel(pixels(path), Grid(8, 4, 4), expected[order], Painted("magma", 0, high), title, ends)


@pytest.mark.parametrize("stage", ["resnet_block1", "resnet_block3"])
def test_a_residual_stages_name_is_answered_with_its_first_convolution(kernels, stage):
    answer, same = kernels(stage, 1), kernels(f"{stage}.0", 1)
    assert answer[1] == same[1] and answer[4] == same[4] and answer[4]["layer"] == f"{stage}.0"
    assert np.array_equal(pixels(answer[0]), pixels(same[0]))


def test_each_layer_has_a_histogram_and_numbers_of_its_own(kernels, network):
    seen = set()
    for name, each in convolutions_by_name(network).items():
        _, _, histogram, _, numbers = kernels(name)
        seen.add(histogram)
        assert numbers["layer"] == name and numbers["inputs"] == each.input_channels
        assert len(numbers["norms"]) == numbers["kernels"] == each.kernels
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("fc",), "Unknown layer 'fc'. Allowed: prep_layer, custom_block1, resnet_block1.0"),
        (("prep_layer", 3, False), "from 0 to 2, got 3"),
        (("custom_block1", 0.5, False), "from 0 to 63, got 0.5"),
        (("prep_layer", 0, True, 64), "kernel of prep_layer (-1 for none) must be a whole number from 0 to 63, got 64"),
        (("prep_layer", 0, True, -2), "from 0 to 63, got -2"),
        (("prep_layer", 0, True, -1, False, "beauty"), "Unknown sort 'beauty'. Allowed: number, norm"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(kernels, arguments, allowed):
    with pytest.raises(gr.Error) as caught:
        kernels(*arguments)
    assert allowed in caught.value.message
