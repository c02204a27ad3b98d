"""What changes on a GPU: nothing but the device."""

import pytest
import torch

from interpret.cam import class_activation_maps
from interpret.tabs.served import serve
from model.choice import choose_release

from .conftest import EXAMPLES

pytestmark = pytest.mark.gpu


@pytest.fixture
def served():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return serve(choose_release())


def test_a_gpu_gives_the_maps_and_logits_of_a_cpu(served, network, cat):
    _, images = served.look(str(EXAMPLES / "cat.png"), "crop")
    assert images.is_cuda
    there, here = (
        class_activation_maps(served.network, images, "resnet_block3"),
        class_activation_maps(network, cat, "resnet_block3"),
    )
    # Both are float32, summed in another order.
    torch.testing.assert_close(there.logits.cpu(), here.logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.maps.cpu(), here.maps, rtol=1e-3, atol=1e-3)
