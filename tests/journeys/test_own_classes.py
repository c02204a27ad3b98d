"""The whole way with pictures of one's own: two classes of small grey pictures, trained on and served on every tab."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from model.release import Release, load_release
from tests.conftest import EXAMPLES, client_of, running_app
from tests.journeys import digits_in_folders
from training.train import main

CLASSES = ("one", "zero")  # in the order of their folders
CAT = handle_file(str(EXAMPLES / "cat.png"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return digits_in_folders(tmp_path_factory.mktemp("eigene Ziffern"))


@pytest.fixture(scope="module")
def own(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of one epoch, with every default that the data leaves to it."""
    out = tmp_path_factory.mktemp("runs")
    main(["--data-dir", str(folder), "--epochs", "1", "--accelerator", "cpu", "--out", str(out)])
    (release,) = out.glob("*/release")
    return load_release(release)


@pytest.fixture(scope="module")
def own_client(own: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running_app(tmp_path_factory.mktemp("app"), MODEL_REPO_ID=str(own.folder)) as app:
        yield client_of(app.url)


def test_a_release_of_own_classes_has_their_names_their_colours_and_every_table(own):
    assert own.config.class_names == CLASSES and own.config.mean[0] == own.config.mean[2]
    assert (own.metrics.data.kind, own.metrics.data.test_share) == ("own", 0.2)
    assert (own.metrics.test.count, own.metrics.validation.count, own.metrics.recipe["batch_size"]) == (8, 3, 16)
    assert set(own.lacks) == {"label_reviews.parquet"}


def test_its_card_calls_the_pictures_what_they_are(own):
    card = (own.folder / "README.md").read_text()
    assert "pictures of 2 things" in card and "The pictures are not CIFAR-10's but the trainer's own" in card
    assert "uoft-cs/cifar10" not in card and "license: unknown" in card


@pytest.mark.parametrize(
    ("endpoint", "arguments"),
    [
        ("/predict", (CAT,)), ("/gradcam", (CAT,)), ("/gradcam", (CAT, 0.5, 2, "resnet_block3", "one", "zero")),
        ("/evidence", (CAT,)), ("/erase", (CAT, ["A1"])), ("/side_by_side", (CAT, ["grad_cam", "hires_cam"])),
        ("/balance", (CAT,)), ("/controls", (CAT,)), ("/export", (CAT,)), ("/out_of_distribution", (CAT,)),
        ("/misclassified", ()), ("/confusion", ()), ("/feature_maps", (CAT,)), ("/cell", (CAT,)), ("/channel", ()),
        ("/switch_off", (CAT,)), ("/similar", (CAT,)), ("/lesions", ("1,2",)), ("/kernels", ()), ("/export_errors", ()),
    ],
)  # fmt: skip
def test_every_tab_answers_for_own_classes(own_client, endpoint, arguments):
    assert own_client.predict(*arguments, api_name=endpoint)


def test_only_its_own_classes_are_offered_and_counted(own_client, own):
    label = own_client.predict(CAT, api_name="/predict")
    assert {each["label"] for each in label["confidences"]} == set(CLASSES)
    _, table, _ = own_client.predict(api_name="/confusion")
    assert [row[0] for row in table["data"]] == list(CLASSES)
    about = own_client.predict(api_name="/release")
    assert (about["class_names"], about["problem"]) == (list(CLASSES), None)
    assert about["release"] == own.identifier


def test_a_class_of_cifar10_is_refused_with_those_that_there_are(own_client):
    with pytest.raises(Exception, match=r"'cat' is not one of the choices\. Allowed: predicted, one, zero"):
        own_client.predict(CAT, 0.5, 2, "resnet_block3", "cat", api_name="/gradcam")
