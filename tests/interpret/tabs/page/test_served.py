import gradio as gr
import pytest

from interpret.choices import ChoiceError
from interpret.tabs.page.served import chosen
from model.images import ImageError


def test_a_picture_that_is_no_longer_on_the_server_is_asked_for_again(tmp_path):
    with pytest.raises(ImageError, match="no longer on the server; choose or upload it again"):
        chosen(str(tmp_path / "gone.png"))


def test_what_is_computed_in_steps_is_one_answer_to_whoever_asks_and_its_errors_are_in_words(served):
    steps = []

    @served.answers_in_steps
    def mapped(layer: str):
        """A map of a layer."""
        steps.append("first")
        yield 0.5
        if layer == "none":
            raise ChoiceError("There is no such layer.")
        return f"the map of {layer}"

    assert mapped("prep_layer") == "the map of prep_layer" and steps == ["first"]
    with pytest.raises(gr.Error, match="There is no such layer"):
        mapped("none")
