import gradio as gr
import pytest

from interpret.tabs.gradcam.tab import gradcam_tab
from interpret.tabs.misclassified.tab import misclassified_tab
from interpret.tabs.page.picture import picture_panel


@pytest.fixture
def functions(blocks, served) -> list:
    """What the tab's events call, in their order."""
    panel, note = picture_panel(served), gr.Markdown()
    with gr.Tabs() as tabs, gr.Tab("GradCAM"):
        settings = gradcam_tab(served, panel)
    before = len(blocks.fns)
    with tabs, gr.Tab("Misclassified") as tab:
        misclassified_tab(served, gr.Number(), tab, tabs, panel, settings, note, None)
    return list(blocks.fns.values())[before:]


def test_the_tab_offers_its_endpoints_in_the_order_that_clients_know(functions):
    public = [each.api_name for each in functions if each.api_visibility == "public"]
    assert public == ["confusion", "misclassified", "error", "confused", "export_errors", "compared"]


def test_when_the_page_opens_nothing_is_found_or_looked_up(functions):
    assert [each for each in functions if any(event == "load" for _, event in each.targets)] == []
    assert "open_list" in [getattr(each.fn, "__name__", None) for each in functions]
