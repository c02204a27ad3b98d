import gradio as gr
import numpy as np
import pytest

from interpret.layers.kernels import find_convolution
from interpret.tabs.kernels.taking import export_kernels_endpoint


@pytest.mark.parametrize("folded", [False, True])
def test_the_array_holds_all_weights_as_they_are_or_folded(served, network, folded):
    path = export_kernels_endpoint(served)("resnet_block1.0", folded)
    array, convolution = np.load(path, allow_pickle=False), find_convolution(network, "resnet_block1.0")
    assert path.endswith("kernels.npy") and array.dtype == np.float32 and array.shape == (128, 128, 3, 3)
    scale = convolution.scales.numpy()[:, None, None, None] if folded else 1
    assert np.allclose(array, convolution.module.weight.detach().numpy() * scale, atol=1e-6)


def test_an_unknown_layer_is_refused_in_words(served):
    with pytest.raises(gr.Error, match="Unknown layer 'fc'"):
        export_kernels_endpoint(served)("fc")
