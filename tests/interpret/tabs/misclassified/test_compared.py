from dataclasses import replace

import gradio as gr
import pytest

from interpret.tabs.misclassified.compared import compared_endpoint
from model.choice import Choice
from model.release import load_release


@pytest.fixture(scope="module")
def other(small_releases) -> Choice:
    return Choice(load_release(small_releases[0]), "from elsewhere")


def test_pictures_are_told_apart_by_which_release_gets_them_wrong(served, errors, other):
    ask = compared_endpoint(served, errors, other)
    theirs, ours = (set(each.misclassified.test_indices.tolist()) for each in (other.release, served.release))
    for kind, indices in (("broken", ours - theirs), ("mended", theirs - ours), ("both", ours & theirs)):
        gallery, table, sentence = ask(kind, 527)
        assert set(table["test picture"]) == indices and len(gallery) == len(indices)
        assert f"{len(indices)} of {len(indices)} pictures" in sentence
    assert served.release.identifier in sentence and "exact McNemar test" in sentence
    assert f"3 of {len(ours - theirs)} pictures that are newly broken are shown" in ask("broken", 3)[2]


@pytest.mark.parametrize("kind", ["better", ""])
def test_an_unknown_kind_is_refused(served, errors, other, kind):
    with pytest.raises(gr.Error, match="Allowed: broken, mended, both"):
        compared_endpoint(served, errors, other)(kind)


def test_without_another_release_the_answer_says_how_to_name_one(served, errors, other):
    with pytest.raises(gr.Error, match="COMPARE_REPO_ID"):
        compared_endpoint(served, errors, None)()
    with pytest.raises(gr.Error, match=r"cannot be shown: me/it could not be served"):
        absent = replace(other, problem="me/it could not be served: gone", stands_in=True)
        compared_endpoint(served, errors, absent)()


def test_a_revision_that_a_folder_has_not_is_no_reason_not_to_compare(served, errors, other):
    told = replace(other, problem="revision main is ignored: only a Hub repository has revisions")
    assert "exact McNemar test" in compared_endpoint(served, errors, told)()[2]
