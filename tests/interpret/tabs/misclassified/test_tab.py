import gradio as gr
import numpy as np
import pytest
from PIL import Image

from interpret.tabs.misclassified import error_gallery, error_opener, error_table, misclassified_endpoint
from tests.conftest import EXAMPLES


@pytest.fixture
def row(release) -> int:
    """The error that the network is most confident in."""
    return int(np.argmax(release.misclassified.confidences))


def clicked(index: int) -> gr.SelectData:
    return gr.SelectData(None, {"index": index, "value": None})


def test_the_table_tells_labels_and_both_confidences_to_four_digits(served, release, row):
    samples, names = release.misclassified, release.config.class_names
    table = error_table(served, np.array([row]))
    assert list(table.columns) == [
        "test picture", "true label", "predicted label", "confidence", "confidence in the true label"
    ]  # fmt: skip
    index, true, predicted, confidence, in_truth = table.iloc[0]
    assert index == samples.test_indices[row]
    assert (true, predicted) == (names[samples.labels[row]], names[samples.predictions[row]])
    assert confidence == round(float(samples.probabilities[row].max()), 4)
    assert in_truth == round(float(samples.probabilities[row][samples.labels[row]]), 4)


def test_a_picture_of_the_gallery_is_enlarged_four_times_and_says_what_it_was_taken_for(served, release, row):
    samples, names = release.misclassified, release.config.class_names
    ((picture, caption),) = error_gallery(served, np.array([row]))
    assert np.array_equal(picture, np.kron(samples.images[row], np.ones((4, 4, 1), np.uint8)))
    assert caption.startswith(f"{names[samples.labels[row]]}, taken for {names[samples.predictions[row]]} (")
    assert caption.endswith("%)")


def test_the_sentence_counts_the_errors_and_those_with_the_labels_that_were_asked_for(served, release):
    samples, test = release.misclassified, release.metrics.test
    *_, sentence = misclassified_endpoint(served)(3)
    assert sentence == f"{test.errors} of 10,000 test pictures are misclassified; 3 are shown."
    found = int(((samples.labels == 3) & (samples.predictions == 5)).sum())
    gallery, table, sentence = misclassified_endpoint(served)(len(samples), "cat", "dog")
    assert f", {found} of them with these labels; {found} are shown." in sentence
    assert len(gallery) == len(table) == found


def test_an_error_that_is_clicked_opens_with_its_prediction_against_its_label(served, release, row):
    samples, names = release.misclassified, release.config.class_names
    opened, picture, predicted, true, tab = error_opener(served)[0](10, "any", "any", clicked(0))
    assert opened == row
    with Image.open(picture) as shown:
        assert np.array_equal(np.asarray(shown), samples.images[row])
    assert (predicted, true) == (names[samples.predictions[row]], names[samples.labels[row]])
    assert tab == gr.update(selected="gradcam")


def test_a_click_on_an_error_that_the_filters_have_just_taken_away_does_nothing(served):
    assert error_opener(served)[0](2, "any", "any", clicked(2)) == (gr.skip(),) * 5


def test_another_picture_than_the_error_is_explained_by_its_own_prediction(served, release, row, tmp_path):
    forget = error_opener(served)[1]
    Image.fromarray(release.misclassified.images[row]).save(tmp_path / "error.png")
    assert forget(str(EXAMPLES / "cat.png"), "crop", row) == (None, "predicted", "none")
    for picture, opened in ((str(tmp_path / "error.png"), row), (None, row), (str(EXAMPLES / "cat.png"), None)):
        assert forget(picture, "crop", opened) == gr.skip()


def test_what_is_not_there_is_refused_in_words(served, release):
    with pytest.raises(gr.Error, match=r"Unknown true label 'tiger'\. Allowed: any, airplane"):
        misclassified_endpoint(served)(10, "tiger")
    with pytest.raises(gr.Error, match=f"count must be a whole number from 1 to {len(release.misclassified)}"):
        misclassified_endpoint(served)(0)
