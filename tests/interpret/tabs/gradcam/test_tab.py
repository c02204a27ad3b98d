import json

import pytest

from interpret.tabs.gradcam.tab import gradcam_tab
from interpret.tabs.page.picture import picture_panel


@pytest.fixture
def functions(blocks, served) -> list:
    """What the tab's events call, in their order."""
    gradcam_tab(served, picture_panel(served))
    return list(blocks.fns.values())


def test_the_tab_offers_its_endpoints_in_the_order_that_clients_know(functions):
    public = [each.api_name for each in functions if each.api_visibility == "public"]
    assert public == [
        "out_of_distribution", "balance", "evidence", "erase", "measured", "side_by_side", "controls", "export",
        "gradcam", "predict",
    ]  # fmt: skip


def test_the_apis_answer_is_set_off_by_nothing_on_the_page(functions):
    (gradcam,) = (each for each in functions if each.api_name == "gradcam")
    assert (len(gradcam.inputs), len(gradcam.outputs)) == (14, 5)
    assert [target for target, _ in gradcam.targets] in ([], [None])


def test_the_pages_answer_is_private_and_dims_only_what_it_answers(functions):
    (answering,) = (each for each in functions if each.fn and len(each.outputs) == 9)
    assert answering.api_visibility == "private"
    assert len(answering.inputs) == 15
    shown = ["gradcam-label", "gradcam-overlay", "gradcam-cells", "gradcam-sentence", "gradcam-against", "balance"]
    assert json.dumps([*shown, "all-confidences"]) in answering.js
