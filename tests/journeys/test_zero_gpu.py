"""The app as ZeroGPU runs it: handlers in a forked child, their arguments and results pickled."""

from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from tests.answers import CAT, confidences_of, pixels_of
from tests.browsing import Visit
from tests.conftest import ROOT, running_app


@pytest.fixture(scope="module")
def on_zero_gpu(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zero_gpu")
    # A child must not wait for the parent's OpenMP threads, which no fork copies.
    environment = {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(ROOT / "tests" / "zero_gpu"), "OMP_NUM_THREADS": "1"}
    with running_app(folder, **environment) as running:
        yield Client(running.url, verbose=False, download_files=str(folder))


@pytest.fixture
def elsewhere(app, tmp_path: Path) -> Client:
    return Client(app.url, verbose=False, download_files=str(tmp_path))


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
    expect(visit.page.locator("#gradcam-sentence")).to_contain_text("airplane")
    before = visit.page.locator("#gradcam-cells img").get_attribute("src")
    visit.page.get_by_label("Method", exact=True).first.click()
    visit.page.get_by_role("option", name="Ablation-CAM (measured)", exact=True).click()
    expect(visit.page.locator("#gradcam-cells img")).not_to_have_attribute("src", before or "")
    expect(visit.page.locator("#gradcam-progress")).to_be_hidden()
    assert visit.errors == []
    visit.page.context.close()
