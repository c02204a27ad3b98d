"""The Feature maps tab: what each layer hands on."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from interpret.drawing.feature_maps import describe_channel, draw_channels, draw_stages
from interpret.explanation import Question
from interpret.layers.feature_maps import COMMON_CHANNELS, activations_of, all_channels, channel_of_every_stage
from interpret.tabs.page.components import Slider, result_picture
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import LAYER_CHOICES
from model.network import STAGE_NAMES

CHANNEL, LAYER = 16, STAGE_NAMES[0]


def feature_maps_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/feature_maps`."""
    explainer = served.explainer

    @served.answers_on_gpu
    def feature_maps(
        image: str | None, channel: float = CHANNEL, layer: str = LAYER, squaring: str = Question.resize_mode
    ) -> tuple[np.ndarray, np.ndarray, str]:
        """One channel of the network's own activations at each of its six stages, and all channels of one stage.

        Parameters:
            channel: the channel's number, from 0 to 63, in every stage.
            layer: the stage whose channels are all shown in the second picture.
        Returns:
            That channel at every stage, each with its legend; all channels of the stage on one scale; a sentence.
        """
        _, images = explainer.preprocess(chosen(image), squaring)
        activations = {name: maps.cpu() for name, maps in activations_of(explainer.network, images).items()}
        one = {name: maps.numpy() for name, maps in channel_of_every_stage(activations, channel).items()}
        every = all_channels(activations, layer).numpy()
        return draw_stages(one), draw_channels(every, layer), describe_channel(one, int(channel), every, layer)

    return feature_maps


def feature_maps_tab(served: ServedRelease, panel: PicturePanel) -> None:
    """Builds the tab and its endpoint `/feature_maps`."""
    gr.Markdown(
        "Follow one channel through the network: bright cells are where it responds to the picture.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer")
    with gr.Row():
        channel = Slider(0, COMMON_CHANNELS - 1, value=CHANNEL, step=1, label="Channel, in every layer")
        layer = gr.Dropdown(LAYER_CHOICES, value=LAYER, label="Layer whose channels are all shown below", min_width=300)
    stages = result_picture("This channel in each of the six layers", "feature-maps-stages", chart=True)
    grid = result_picture("All channels of one layer", "feature-maps-grid", chart=True)
    with gr.Accordion("How to read this", open=False):
        gr.Markdown(HOW_TO_READ)
    latest_wins(
        [panel.seen.change, channel.change, layer.change],
        feature_maps_endpoint(served),
        [panel.picture, channel, layer, panel.resize_mode],
        [stages, grid, sentence],
        api_name="feature_maps",
        **MODEL_QUEUE,
    )


HOW_TO_READ = """
These are the network's own activations: after normalisation, ReLU and pooling, and in the residual layers
(`resnet_block1`, `resnet_block3`) after the addition. None is below zero.

A channel has the same number in every layer, but not the same meaning: only the residual layers add to the channel of
the layer before them. Each of the six pictures has its own scale, stated below it; the grid of one layer shares one.
"""
