from dataclasses import replace

import gradio as gr
import pytest

from interpret.tabs.feature_maps.lesions import lesions_endpoint
from interpret.tabs.page.served import ServedRelease
from model.choice import Choice


def test_the_answer_sets_the_lesions_beside_as_many_at_random(served):
    sentence, table, _, numbers = lesions_endpoint(served)("3, 5", "cat", 10)
    assert len(numbers["channels"]) >= 10 and {3, 5} <= set(numbers["channels"])
    assert (
        f"Without {len(numbers['channels'])} channels drawn at random it is {numbers['random_control']:.2%}."
        in sentence
    )
    assert len(table) == 10 and table.iloc[3, 2] < table.iloc[3, 1]


def test_random_lesions_and_none_need_no_control(served):
    for asked in (("", "random", 10), ()):
        sentence, *_, numbers = lesions_endpoint(served)(*asked)
        assert numbers["random_control"] is None and "drawn at random" not in sentence


def test_what_is_not_there_is_refused_in_words(served):
    for asked, sentence in ((("512",), "Channels go from 0 to 511"), (("", "tiger", 1), "tiger")):
        with pytest.raises(gr.Error, match=sentence):
            lesions_endpoint(served)(*asked)


def test_a_release_without_the_table_says_so(served):
    poor = replace(served.release, read_table=lambda name: None, lacks={"pooled_maxima.parquet": "is not part of it"})
    with pytest.raises(gr.Error, match=r"This release cannot tell: pooled_maxima\.parquet is not part of it\."):
        lesions_endpoint(ServedRelease(Choice(poor, "bundled"), served.explainer))("3")
