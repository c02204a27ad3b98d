import pytest

from interpret.tabs.live import switch
from interpret.tabs.live.switch import live_follows, live_switch
from interpret.tabs.page.picture import picture_panel
from interpret.tabs.page.settings import explanation_settings


def test_the_switch_starts_with_the_choices_of_the_page_and_follows_them_without_asking(blocks, served):
    panel, settings, live = picture_panel(served), explanation_settings(served.class_names), live_switch(served)
    live_follows(live, panel, settings)
    event = list(blocks.fns.values())[-1]
    assert [each.value for each in event.inputs] == live.props["choices"]
    assert event.fn is None and event.outputs == [live] and len(event.targets) == len(event.inputs)


def test_the_page_can_ask_for_frames_alone(blocks, served):
    live = live_switch(served)
    assert [each.__name__ for each in live.server_fns] == ["live_frame"]
    assert live.live_frame(None)["problem"].startswith("A frame comes as")


@pytest.mark.parametrize("zero_gpu", [True, False])
def test_there_is_no_switch_where_a_gpu_is_lent_for_each_answer(blocks, served, monkeypatch, zero_gpu):
    monkeypatch.setattr(switch, "ON_ZERO_GPU", zero_gpu)
    live = live_switch(served)
    assert (live is None) == zero_gpu
    live_follows(live, picture_panel(served), explanation_settings(served.class_names))
