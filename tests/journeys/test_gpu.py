"""The app on a GPU, where nothing changes but the device, and as ZeroGPU runs it: handlers in a forked child, their
arguments and results pickled."""

from pathlib import Path

import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.erasing import cell_mask, erase, pixel_mask
from interpret.attribution.methods import METHOD_NAMES
from interpret.tabs.gradcam.warning import warning_endpoint
from interpret.tabs.page.served import serve
from model.choice import choose_release
from tests.answers import CAT, confidences_of, pixels_of
from tests.browsing import Visit
from tests.conftest import EXAMPLES, ROOT, client_of, running_app


@pytest.fixture(scope="module")
def on_zero_gpu(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zero_gpu")
    # A child must not wait for the parent's OpenMP threads, which no fork copies.
    environment = {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(ROOT / "tests" / "zero_gpu"), "OMP_NUM_THREADS": "1"}
    with running_app(folder, **environment) as running:
        yield client_of(running.url, folder)


@pytest.fixture
def elsewhere(app, tmp_path: Path) -> Client:
    return client_of(app.url, tmp_path)


def test_predict_answers_as_elsewhere(on_zero_gpu, elsewhere):
    there, here = (client.predict(CAT, api_name="/predict") for client in (on_zero_gpu, elsewhere))
    assert confidences_of(there) == pytest.approx(confidences_of(here), abs=1e-5)


def test_gradcam_answers_as_elsewhere(on_zero_gpu, elsewhere):
    there, here = (client.predict(CAT, class_name="dog", api_name="/gradcam") for client in (on_zero_gpu, elsewhere))
    assert there[3] == here[3]
    assert abs(pixels_of(there[1]).astype(int) - pixels_of(here[1]).astype(int)).max() <= 1


OF_A_PICTURE = [
    *("/feature_maps", "/evidence", "/balance", "/measured", "/side_by_side", "/erase", "/controls", "/export"),
    "/out_of_distribution",
]


@pytest.mark.parametrize("endpoint", [*OF_A_PICTURE, "/kernels", "/misclassified", "/release"])
def test_every_other_endpoint_answers(on_zero_gpu, endpoint):
    assert on_zero_gpu.predict(*([CAT] if endpoint in OF_A_PICTURE else []), api_name=endpoint)


def test_an_error_keeps_its_sentence_on_the_way_out_of_the_child(on_zero_gpu):
    with pytest.raises(AppError, match="Choose a picture first"):
        on_zero_gpu.predict(None, api_name="/predict")
    with pytest.raises(AppError, match="whole number from 1 to 10"):
        on_zero_gpu.predict(CAT, top_k=2.5, api_name="/gradcam")


@pytest.mark.browser
def test_the_page_explains_a_picture_by_a_quick_method_and_by_one_that_takes_steps(on_zero_gpu, browser):
    visit = Visit(browser.new_context().new_page())
    visit.open(on_zero_gpu.src)
    expect(visit.page.locator("#gradcam-sentence")).to_contain_text("cat")
    before = visit.page.locator("#gradcam-cells img").get_attribute("src")
    visit.page.get_by_label("Method", exact=True).first.click()
    visit.page.get_by_role("option", name="Ablation-CAM (measured)", exact=True).click()
    expect(visit.page.locator("#gradcam-cells img")).not_to_have_attribute("src", before or "")
    expect(visit.page.locator("#gradcam-progress")).to_be_hidden()
    assert visit.errors == []
    visit.page.context.close()


@pytest.fixture
def on_gpu():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return serve(choose_release())


@pytest.mark.gpu
@pytest.mark.parametrize("method", METHOD_NAMES)
def test_a_gpu_gives_the_maps_and_logits_of_a_cpu(on_gpu, network, cat, method):
    _, images = on_gpu.explainer.preprocess(str(EXAMPLES / "cat.png"), "crop")
    assert images.is_cuda
    there, here = (
        class_activation_maps(on_gpu.explainer.network, images, "resnet_block3", method=method),
        class_activation_maps(network, cat, "resnet_block3", method=method),
    )
    # Both are float32, summed in another order.
    torch.testing.assert_close(there.logits.cpu(), here.logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.maps.cpu(), here.maps, rtol=1e-3, atol=1e-3)


@pytest.mark.gpu
def test_a_gpu_erases_and_warns_as_a_cpu_does(on_gpu, network, cat_pixels):
    mask = pixel_mask(cell_mask(("B2",)))
    there, here = (erase(each, cat_pixels, mask) for each in (on_gpu.explainer.network, network))
    torch.testing.assert_close(there.predicted.cpu(), here.predicted, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.measured.cpu(), here.measured, rtol=1e-3, atol=1e-3)
    sentence, numbers = warning_endpoint(on_gpu)(str(EXAMPLES / "cat.png"))
    assert numbers["warns"] is bool(sentence)
