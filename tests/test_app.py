import gradio as gr
from gradio.context import Context

from app import build_page
from interpret.tabs.page.stopping import Stops


def test_the_server_remembers_of_a_visitor_only_how_to_stop_what_is_running(served, blocks, monkeypatch):
    """All else is in the browser: Gradio forgets visitors, and so does a server that is started anew."""
    for name in ("root_block", "block"):
        monkeypatch.setattr(Context, name, None)
    page = build_page(served)
    kept = [each for each in page.blocks.values() if isinstance(each, gr.State)]
    assert kept and all(isinstance(each.value, Stops) for each in kept)
