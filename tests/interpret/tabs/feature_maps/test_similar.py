from dataclasses import replace

import gradio as gr
import pytest

from interpret.tabs.feature_maps.similar import similar_endpoint, similar_on_page
from interpret.tabs.page.served import ServedRelease
from model.choice import Choice
from tests.conftest import EXAMPLES

CAT = str(EXAMPLES / "cat.png")


def test_the_answer_holds_as_many_pictures_as_were_asked_for_nearest_first(served):
    pictures, sentence, numbers = similar_endpoint(served)(CAT, "crop", 5)
    assert len(pictures) == len(numbers) == 5
    distances = [each["distance"] for each in numbers]
    assert distances == sorted(distances) and f"distances {distances[0]:.1f} to {distances[-1]:.1f}" in sentence
    assert pictures[0][1] == f"{numbers[0]['label']}, distance {distances[0]:.1f}"


def test_no_picture_and_too_many_are_refused_in_words(served):
    with pytest.raises(gr.Error, match="Choose a picture first"):
        similar_endpoint(served)(None)
    with pytest.raises(gr.Error, match="count must be a whole number from 1 to 24"):
        similar_endpoint(served)(CAT, "crop", 0)


def test_on_the_page_what_is_shown_stays_until_the_next_picture_is_there(served):
    assert similar_on_page(served)(None, "crop", 9) == (gr.skip(),) * 3
    assert len(similar_on_page(served)(CAT, "crop", 2)[0]) == 2


def test_on_the_page_a_release_without_a_gallery_says_so(served):
    release = replace(served.release, read_table=lambda name: None, lacks={"gallery.parquet": "is not part of it"})
    poor = ServedRelease(Choice(release, "bundled"), replace(served.explainer, release=release))
    pictures, sentence, numbers = similar_on_page(poor)(CAT, "crop", 9)
    assert pictures == [] and numbers is None
    assert sentence == "This release cannot tell: gallery.parquet is not part of it."
