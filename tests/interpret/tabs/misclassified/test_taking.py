import gradio as gr
import pandas as pd
import pytest

from interpret.misclassified.selection import Selection
from interpret.tabs.misclassified.taking import export_errors_endpoint, link_maker


def test_all_errors_that_were_asked_for_are_in_the_file_in_their_order(served, errors):
    path = export_errors_endpoint(served, errors)("cat", sort="margin")
    rows = errors.select(Selection("cat", sort="margin"))
    assert path.endswith("/errors.csv")
    assert pd.read_csv(path)["test picture"].tolist() == errors.samples.test_indices[rows].tolist()


def test_an_unknown_form_or_class_is_refused_in_words(served, errors):
    with pytest.raises(gr.Error, match="Allowed: csv, parquet, zip"):
        export_errors_endpoint(served, errors)(form="xls")
    with pytest.raises(gr.Error, match="Unknown true label 'tiger'"):
        export_errors_endpoint(served, errors)("tiger")


def test_the_link_says_what_is_shown_and_there_is_none_while_a_choice_is_not_whole(served, errors):
    make, release = link_maker(served, errors), served.release.identifier
    everything = ["any", "any", "confidence", "any", 0, 1, 0]
    assert make(1, None, *everything) == f"?tab=misclassified&release={release}"
    assert make(2, 2405, "cat", *everything[1:]) == f"?tab=misclassified&true=cat&page=2&open=2405&release={release}"
    assert make(1, None, *everything[:4], 0.9, 0.1, 0) == ""
