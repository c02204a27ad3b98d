"""What changes on a GPU: nothing but the device."""

import pytest
import torch

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.erasing import cell_mask, erase, pixel_mask
from interpret.attribution.methods import METHOD_NAMES
from interpret.tabs.gradcam.warning import warning_endpoint
from interpret.tabs.page.served import serve
from model.choice import choose_release
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.gpu


@pytest.fixture
def served():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return serve(choose_release())


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_a_gpu_gives_the_maps_and_logits_of_a_cpu(served, network, cat, method):
    _, images = served.explainer.preprocess(str(EXAMPLES / "cat.png"), "crop")
    assert images.is_cuda
    there, here = (
        class_activation_maps(served.explainer.network, images, "resnet_block3", method=method),
        class_activation_maps(network, cat, "resnet_block3", method=method),
    )
    # Both are float32, summed in another order.
    torch.testing.assert_close(there.logits.cpu(), here.logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.maps.cpu(), here.maps, rtol=1e-3, atol=1e-3)


def test_a_gpu_erases_and_warns_as_a_cpu_does(served, network, cat_pixels):
    mask = pixel_mask(cell_mask(("B2",)))
    there, here = (erase(each, cat_pixels, mask) for each in (served.explainer.network, network))
    torch.testing.assert_close(there.predicted.cpu(), here.predicted, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.measured.cpu(), here.measured, rtol=1e-3, atol=1e-3)
    sentence, numbers = warning_endpoint(served)(str(EXAMPLES / "cat.png"))
    assert numbers["warns"] is bool(sentence)
