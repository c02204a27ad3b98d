"""Endpoints as tools: names, whole descriptions, schemas of their arguments; and the page for language models."""

import gradio as gr
import pytest

from interpret.tabs.agents.tools import Tool, llms_txt, tools_of


def brighter(image: str, by: float = 0) -> str:
    """The picture, brighter. Answered by nobody.

    Slower for large ones.

    Parameters:
        image: what to make brighter.
        by: how much.

    Returns:
        The picture as it was;
        brighter.
    """
    return image


@pytest.fixture
def tools(blocks) -> dict[str, Tool]:
    picture, amount = gr.Image(type="filepath"), gr.Slider(0, 1, value=0)
    button = gr.Button()
    button.click(brighter, [picture, amount], picture, api_name="lighten")
    button.click(brighter, [picture, amount], picture, api_visibility="private")
    blocks.config = blocks.get_config_file()  # as at the end of a page
    return tools_of(blocks)


def test_public_endpoints_are_tools_under_the_names_of_the_endpoints(tools):
    assert list(tools) == ["lighten"] and tools["lighten"].outputs == 1


def test_a_description_is_the_whole_docstring_without_its_parameters(tools):
    assert tools["lighten"].description == (
        "The picture, brighter. Answered by nobody. Slower for large ones. Returns: The picture as it was; brighter."
    )


def test_a_picture_is_a_text_and_every_parameter_tells_what_it_means_and_its_default(tools):
    image, by = (tools["lighten"].parameters[name] for name in ("image", "by"))
    assert image["type"] == "string" and "data:image/png;base64" in image["description"]
    assert image["description"].startswith("what to make brighter.")
    assert (by["type"], by["description"], by["default"]) == ("number", "how much.", 0)
    assert tools["lighten"].schema["required"] == ["image"]
    assert tools["lighten"].pictures == {"image"}


def test_the_page_for_language_models_names_endpoints_parameters_and_where_to_call(tools):
    text = llms_txt("Lamp", "https://example.com/lamp", tools)
    assert text.startswith("# Lamp\n\n> ")
    assert "https://example.com/lamp/gradio_api/mcp" in text
    assert f"### lighten\n\n{tools['lighten'].description}\n\n- `image` (string): " in text
    assert "- `by` (number): how much. Default: 0." in text and text.count(" Required.") == 1
