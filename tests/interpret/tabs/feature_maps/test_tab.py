import gradio as gr
import pytest

from interpret.tabs.feature_maps.tab import feature_maps_tab
from interpret.tabs.page.picture import picture_panel


@pytest.fixture
def functions(blocks, served) -> list:
    panel = picture_panel(served)
    before = len(blocks.fns)
    with gr.Tabs(), gr.Tab("Feature maps", elem_id="feature-maps") as tab:
        feature_maps_tab(served, tab, panel)
    return list(blocks.fns.values())[before:]


def test_the_tab_offers_its_endpoints_in_the_order_that_clients_know(functions):
    public = [each.api_name for each in functions if each.api_visibility == "public"]
    assert public == ["export_maps", "feature_maps", "channel", "cell", "switch_off", "similar", "lesions"]


def test_a_change_of_the_picture_is_counted_only_while_the_tab_is_open(functions):
    counting = [each.js for each in functions if each.js and "checkVisibility" in each.js]
    assert len(counting) == 12, "it changes, or opens: grid, dossier, open channel, the like, the laboratory, the link"
    assert sum('getElementById("feature-maps")' in each for each in counting) == 3
