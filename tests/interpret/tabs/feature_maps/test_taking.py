import gradio as gr
import numpy as np
import pytest

from interpret.tabs.feature_maps.taking import export_maps_endpoint
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


@pytest.mark.parametrize(
    ("layer", "point", "key"),
    [("custom_block2", "output", "custom_block2"), ("resnet_block3.0", "batch_norm", "resnet_block3.1")],
)
def test_the_array_is_an_independent_forward_pass(served, network, cat, layer, point, key):
    path = export_maps_endpoint(served)(CAT, layer, point)
    _, outputs = network.forward_with_modules(cat)
    array = np.load(path, allow_pickle=False)
    assert path.endswith("feature_maps.npy") and array.dtype == np.float32
    assert np.allclose(array, outputs[key][0].detach().numpy(), atol=1e-6)


def test_an_unknown_layer_is_refused_in_words(served):
    with pytest.raises(gr.Error, match="Unknown layer 'pool4'"):
        export_maps_endpoint(served)(CAT, "pool4")
