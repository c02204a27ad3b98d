"""Errors through the API, as users call it."""

from zipfile import ZipFile

import numpy as np
import pytest

from interpret.drawing.render import enlarge
from tests.answers import pixels_of
from tests.conftest import client_of


def test_misclassified_gives_as_many_errors_as_asked_for_with_their_pictures_unharmed(client, release):
    gallery, table, sentence = client.predict(25, api_name="/misclassified")
    assert len(gallery) == len(table["data"]) == 25
    samples, names = release.misclassified, release.config.class_names
    for item, (index, true, predicted, confidence, *_) in zip(gallery, table["data"], strict=True):
        row = samples.test_indices.tolist().index(index)
        assert (true, predicted) == (names[samples.labels[row]], names[samples.predictions[row]])
        assert confidence == round(float(samples.confidences[row]), 4)
        assert true in item["caption"] and predicted in item["caption"]
        assert np.array_equal(pixels_of(item["image"]), enlarge(samples.images[row], 4))
    assert f"{len(samples):,} of 10,000" in sentence


def test_misclassified_can_show_every_error_of_the_release(app, release):
    count = len(release.misclassified)
    _, table, _ = client_of(app.url).predict(count, api_name="/misclassified")
    assert len({row[0] for row in table["data"]}) == count


def test_misclassified_can_be_filtered_by_both_labels(client, release):
    _, table, _ = client.predict(10, "cat", "dog", api_name="/misclassified")
    assert {(row[1], row[2]) for row in table["data"]} == {("cat", "dog")}


def test_a_confusion_an_error_and_a_selection_can_be_had_without_the_page(client, release):
    picture, matrix, sentence = client.predict("shares", api_name="/confusion")
    assert len(matrix["data"]) == 10 and pixels_of(picture).shape[2] == 3 and "between dog and cat" in sentence
    *_, sentence, numbers = client.predict(2405, api_name="/error")
    assert sum(map(sum, numbers["cells"])) == pytest.approx(numbers["margin"], rel=1e-5)
    assert numbers["verdict"] == "rejected" and "5 said frog" in sentence
    *_, numbers = client.predict("cat", "dog", api_name="/confused")
    assert numbers["count"] == release.metrics.test.confusion_matrix[3][5]
    path = client.predict(verdict="rejected", form="zip", api_name="/export_errors")
    with ZipFile(path) as file:
        assert "2405_cat_as_frog.png" in file.namelist() and len(file.namelist()) == 34 + 1
