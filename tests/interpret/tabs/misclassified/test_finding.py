from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from interpret.misclassified.selection import COLUMNS, Selection
from interpret.tabs.misclassified.finding import (
    ON_PAGE,
    describe_accuracy,
    error_gallery,
    error_table,
    finder_on_page,
    misclassified_endpoint,
    turned,
)
from interpret.tabs.page.served import ServedRelease
from model.choice import Choice

EVERYTHING = ["any", "any", "confidence", "any", 0, 1, 0]


@pytest.fixture
def row(release) -> int:
    """The error that the network is most confident in."""
    return int(np.argmax(release.misclassified.confidences))


def test_the_table_tells_labels_confidences_and_verdict_to_four_digits(errors, release, row):
    samples, names = release.misclassified, release.config.class_names
    table = error_table(errors, np.array([row]))
    assert tuple(table.columns) == COLUMNS
    index, true, predicted, confidence, in_truth, margin, *_ = table.iloc[0]
    assert index == samples.test_indices[row]
    assert (true, predicted) == (names[samples.labels[row]], names[samples.predictions[row]])
    assert confidence == round(float(samples.probabilities[row].max()), 4)
    assert in_truth == round(float(samples.probabilities[row][samples.labels[row]]), 4)
    assert margin == round(float(errors.margins[row]), 4)


def test_a_picture_of_the_gallery_is_enlarged_four_times_and_says_what_it_was_taken_for(errors, release, row):
    samples, names = release.misclassified, release.config.class_names
    ((picture, caption),) = error_gallery(errors, np.array([row]))
    assert np.array_equal(picture, np.kron(samples.images[row], np.ones((4, 4, 1), np.uint8)))
    assert caption.startswith(f"{names[samples.labels[row]]}, taken for {names[samples.predictions[row]]} (")


def test_a_caption_tells_what_people_said_of_the_label_if_they_were_asked(errors):
    captions = {
        verdict: error_gallery(errors, errors.select(Selection(verdict=verdict))[:1])[0][1]
        for verdict in ("rejected", "upheld", "not reviewed")
    }
    assert captions["rejected"].endswith(", label rejected") and captions["upheld"].endswith(", label upheld")
    assert captions["not reviewed"].endswith("%)")


def test_the_sentence_counts_the_errors_those_that_were_asked_for_and_those_shown(served, errors, release):
    samples, test = release.misclassified, release.metrics.test
    ask = misclassified_endpoint(served, errors)
    *_, sentence = ask(3)
    assert sentence == f"{test.errors} of 10,000 test pictures are misclassified; 3 are shown (page 1 of 176)."
    found = int(((samples.labels == 3) & (samples.predictions == 5)).sum())
    gallery, table, sentence = ask(len(samples), "cat", "dog")
    assert sentence.endswith(f", {found} of which match the filters; {found} are shown.")
    assert len(gallery) == len(table) == found


def test_nothing_found_is_said(served, errors):
    gallery, table, sentence = misclassified_endpoint(served, errors)(10, "airplane", "dog")
    assert (gallery, len(table)) == ([], 0)
    assert sentence.endswith(", 0 of which match the filters; there is nothing to show.")


def test_pages_of_the_api_hold_every_error_once(served, errors):
    ask = misclassified_endpoint(served, errors)
    tables = [ask(100, page=page)[1]["test picture"] for page in range(1, 7)]
    assert sorted(np.concatenate(tables)) == sorted(errors.samples.test_indices)


def test_what_is_not_there_is_refused_in_words(served, errors):
    ask = misclassified_endpoint(served, errors)
    for arguments, sentence in (
        ((10, "tiger"), r"Unknown true label 'tiger'\. Allowed: any, airplane"),
        ((0,), f"count must be a whole number from 1 to {len(errors)}"),
        ((10, "cat", "dog", "beauty"), "Unknown sort 'beauty'"),
        ((100, "any", "any", "confidence", "any", 0, 1, 7), "page must be a whole number from 1 to 6"),
    ):
        with pytest.raises(gr.Error, match=sentence):
            ask(*arguments)


def test_on_the_page_a_new_question_leads_to_its_first_page_and_the_same_one_keeps_it(served, errors):
    find = finder_on_page(served, errors)
    pages = -(-len(errors) // ON_PAGE)
    *_, words, pages_told, indices, page, asked = find(3, [], *EVERYTHING)
    assert page == gr.skip() and len(indices) == ON_PAGE
    assert words.endswith(f"(page 3 of {pages}).") and pages_told == f"of {pages}"
    assert "(page 4 of" in find(4, asked, *EVERYTHING)[2]
    other = ["cat", *EVERYTHING[1:]]
    assert find(3, asked, *other)[5] == 1 and "(page 1 of" in find(3, asked, *other)[2]
    assert find(999, asked, *EVERYTHING)[5] == pages, "the last page"
    assert find(None, asked, *EVERYTHING)[5] == gr.skip(), "the visitor is typing"
    assert (turned(1, 2), turned(-1, 1), turned(1, None)) == (3, 1, 2)


def test_what_cannot_be_asked_for_empties_the_list_and_is_said_in_its_place(served, errors):
    gallery, table, words, _, indices, *_ = finder_on_page(served, errors)(1, [], *EVERYTHING[:4], 0.9, 0.1, 0)
    assert (gallery, len(table), indices) == ([], 0, [])
    assert words == "min_confidence must not be above max_confidence, got 0.9 and 0.1."


def test_the_accuracy_is_told_with_and_without_the_labels_that_people_rejected(served):
    assert describe_accuracy(served) == (
        "The network gets 94.73% of 10,000 test pictures right, by the labels as they are; 95.04% without the 54 whose "
        "label people rejected (34 of them among its 527 errors)."
    )


def test_a_release_without_reviews_says_what_it_lacks(served):
    poor = replace(served.release, reviews=None, lacks={"label_reviews.parquet": "is not part of it"})
    told = describe_accuracy(ServedRelease(Choice(poor, "bundled"), served.explainer))
    assert told.endswith("is not known here: label_reviews.parquet is not part of it.")
