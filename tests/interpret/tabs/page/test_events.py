from pathlib import Path

import gradio as gr
import pytest

from interpret.tabs.page.events import asked_by, emptied_by, endpoint, keep_statuses_apart, latest_wins
from interpret.tabs.page.stopping import Stops
from tests.conftest import EXAMPLES


@pytest.fixture
def demo(blocks: gr.Blocks) -> gr.Blocks:
    """A page on which two settings ask for one answer, and the API for another."""
    setting, other = gr.Number(label="setting"), gr.Number(label="other")
    answer, aside = gr.Textbox(elem_id="answer"), gr.Textbox(elem_id="aside")

    def double(value: float) -> tuple[str, str]:
        """Twice the value."""
        return str(2 * value), ""

    triggers = [setting.change, other.change]
    asked = latest_wins(triggers, double, setting, [answer, aside], dims=answer, api_name="double")
    emptied_by([other.input], {answer: None, aside: ""}, asked)
    endpoint(double, setting, [answer, aside], "twice")
    return blocks


def events_of(demo: gr.Blocks) -> list[dict]:
    return demo.get_config_file()["dependencies"]


def named(demo: gr.Blocks, name: str) -> dict:
    (found,) = (each for each in events_of(demo) if each["api_name"] == name)
    return found


def test_an_endpoint_is_there_for_the_api_and_for_nothing_on_the_page(demo):
    assert [target for target, _ in named(demo, "twice")["targets"]] in ([], [None])
    assert named(demo, "twice")["api_visibility"] == "public"


def test_a_handler_is_asked_by_a_counter_of_its_own_that_every_trigger_moves(demo):
    asked = named(demo, "double")
    ((counter, event),) = asked["targets"]
    assert (event, asked["trigger_mode"], asked["show_progress"]) == ("change", "always_last", "hidden")
    (counting,) = (each for each in events_of(demo) if each["outputs"] == [counter])
    assert counting["inputs"] == [counter] and not counting["backend_fn"]
    assert "if (!null) return count + 1;" in counting["js"]
    assert counting["trigger_mode"] == "multiple"
    assert [event for _, event in counting["targets"]] == ["change", "change"]
    assert counter not in {target for target, _ in counting["targets"]}


def test_what_an_accordion_hides_is_asked_for_when_it_opens_and_while_it_is_open(blocks):
    setting, answer = gr.Number(label="setting"), gr.Textbox(elem_id="answer")
    with gr.Accordion("More", open=False, elem_id="more") as accordion:
        pass
    latest_wins([setting.change], str, setting, answer, within=accordion, api_name="text")
    ((counter, _),) = named(blocks, "text")["targets"]
    counting = {
        event: each["js"] for each in events_of(blocks) for _, event in each["targets"] if each["outputs"] == [counter]
    }
    assert "if (!null)" in counting["expand"] and 'getElementById("more")' in counting["change"]


def test_old_answers_are_dimmed_until_the_new_one_is_there_or_has_failed(demo):
    asked = named(demo, "double")
    assert 'of ["answer"]' in asked["js"] and '"asked", true' in asked["js"]
    after = [each for each in events_of(demo) if each["js"] and '"asked", false' in str(each["js"])]
    assert [each["trigger_after"] for each in after] == [asked["id"]] * 2
    assert sum(each["trigger_only_on_failure"] for each in after) == 1


def test_what_is_out_of_date_is_emptied_in_the_browser_and_its_question_is_cancelled(demo):
    (emptying,) = (each for each in events_of(demo) if 'values = [null, ""]' in str(each["js"]))
    assert "getElementById(null)" in emptying["js"], "nothing is pressed"
    assert emptying["outputs"] == named(demo, "double")["outputs"] and not emptying["backend_fn"]
    (cancelling,) = (each for each in events_of(demo) if each["cancels"])
    assert cancelling["cancels"] == [named(demo, "double")["id"]]
    for each in (emptying, cancelling):
        assert [event for _, event in each["targets"]] == ["input"]


@pytest.fixture
def stoppable_demo(blocks: gr.Blocks) -> tuple[gr.Blocks, gr.Button, gr.Button, gr.Textbox]:
    """A button that asks, one that stops, what is shown, and a setting whose change gives the question up."""
    setting, answer, progress = gr.Number(label="setting"), gr.Textbox(), gr.HTML()
    button, stop = gr.Button("Ask", elem_id="ask"), gr.Button("Stop", elem_id="stop-it")

    def handler(stops: Stops, value: float) -> tuple[str, str, str]:
        return str(value), "", ""

    running, shown = [progress, stop], {answer: ""}
    asked_by(button, stop, handler, [setting], [answer], running, shown=shown, given_up_by=[setting.change])
    return blocks, button, stop, answer


def test_what_is_asked_by_a_button_dims_it_until_the_answer_and_a_stop_is_counted(stoppable_demo):
    blocks, button, stop, _ = stoppable_demo
    asking, *others = events_of(blocks)
    assert asking["targets"] == [(button._id, "click")] and asking["trigger_mode"] == "always_last"
    assert 'of ["ask"]' in asking["js"] and '"asked", true' in asking["js"]
    endings = [each for each in others if each["js"] and '"asked", false' in each["js"]]
    assert [each["trigger_after"] for each in endings] == [asking["id"]] * 2
    (counting,) = (each for each in others if each["targets"] == [(stop._id, "click")])
    assert counting["inputs"] == asking["inputs"][:1] and counting["outputs"] == asking["outputs"][1:]


def test_what_is_given_up_is_emptied_and_stopped_rather_than_cancelled_and_emptied_again_at_its_end(stoppable_demo):
    blocks, _, _, answer = stoppable_demo
    asking, *others = events_of(blocks)
    emptying = [each for each in others if 'values = [""]' in str(each["js"])]
    assert all(each["outputs"] == [answer._id] and not each["backend_fn"] for each in emptying)
    at_its_end = [each for each in emptying if "if (true)" in each["js"]]
    assert [each["trigger_after"] for each in at_its_end] == [asking["id"]] * 2
    (at_once,) = (each for each in emptying if "if (false)" in each["js"])
    assert [event for _, event in at_once["targets"]] == ["change"]
    assert 'getElementById("stop-it")' in at_once["js"] and 'getElementById("ask")' in at_once["js"]
    assert not any(each["cancels"] for each in others)


def test_only_what_is_named_can_be_called(demo):
    public = {each["api_name"] for each in events_of(demo) if each["api_visibility"] == "public"}
    assert public == {"double", "twice"}


def test_statuses_that_nobody_sees_are_kept_on_one_component(blocks):
    setting, answer = gr.Number(), gr.Textbox()
    setting.change(str, setting, answer, show_progress="hidden", api_name="quiet")
    setting.change(str, setting, answer, show_progress="minimal", api_name="told")
    keep_statuses_apart(blocks)
    (apart,) = named(blocks, "quiet")["show_progress_on"]
    assert apart not in {setting._id, answer._id} and not blocks.blocks[apart].visible
    assert named(blocks, "told")["show_progress_on"] is None


def test_a_page_opens_with_the_answer_to_what_is_known_and_to_the_values_that_its_widgets_have(blocks):
    picture, factor = gr.Textbox(), gr.Slider(0, 9, value=3)
    label, shown, kept = gr.Textbox(), gr.Textbox(label="before"), gr.State(None)

    def answer(text: str, times: float):
        yield "", gr.update(value="halfway"), 1
        yield text * times, gr.update(label="after", visible=False), 2

    latest_wins([picture.change], answer, [picture, factor], [label, shown, kept], opens_with={picture: "ab"})
    assert label.value == "ababab" and picture.value is None and kept.value == 2
    assert (shown.value, shown.label, shown.visible) == (None, "after", False)


def test_files_that_a_page_opens_with_are_kept_as_long_as_it_is_served(blocks, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    picture, shown = gr.Textbox(), gr.Image(type="filepath")
    path = EXAMPLES / "cat.png"
    latest_wins([picture.change], lambda text: str(path), picture, shown, opens_with={picture: "cat"})
    assert shown.value["path"] in shown.keep_in_cache and Path(shown.value["path"]).read_bytes() == path.read_bytes()
