"""The Feature maps tab: what each layer hands on."""

import gradio as gr
import numpy as np

from interpret.drawing.render import Panel, draw_panels, enlarge, tile_to_width
from interpret.drawing.scales import unsigned_scale
from interpret.layers.feature_maps import COMMON_CHANNELS, activations_of, all_channels, channel_of_every_stage
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.look import result_picture
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import STAGE_CHOICES, ServedRelease
from interpret.tabs.page.sliders import slider
from model.network import STAGES

PANEL_SIDE = 192
GRID_WIDTH = 800
UNIT = "activation"


def draw_stages(maps: dict[str, np.ndarray]) -> np.ndarray:
    """One channel of every stage, each with a scale of its own: stages differ in magnitude."""
    panels = []
    for number, stage in enumerate(STAGES, start=1):
        values = maps[stage.name]
        scale = unsigned_scale(values, UNIT)
        pixels = enlarge(scale.paint(values), PANEL_SIDE // stage.resolution)
        panels.append(Panel(pixels, f"{number}: {stage.name}", scale))
    return draw_panels(panels, columns=3)


def draw_channels(maps: np.ndarray, stage_name: str) -> np.ndarray:
    """All channels of one stage on one shared scale, channel 0 at the upper left."""
    count, side, _ = maps.shape
    scale = unsigned_scale(maps, UNIT)
    pixels = tile_to_width(scale.paint(maps), GRID_WIDTH)
    return draw_panels([Panel(pixels, f"{stage_name}: {count} channels of {side}×{side} cells, row by row", scale)])


def feature_maps_tab(served: ServedRelease, panel: PicturePanel) -> None:
    """Builds the tab and its endpoint `/feature_maps`."""
    gr.Markdown(
        "Follow one channel through the network: bright cells are where it responds to the picture.",
        elem_classes="lead",
    )
    sentence = gr.Markdown(elem_classes="answer")
    with gr.Row():
        channel = slider(0, COMMON_CHANNELS - 1, value=16, step=1, label="Channel, in every layer")
        layer = gr.Dropdown(
            STAGE_CHOICES, value="prep_layer", label="Layer whose channels are all shown below", min_width=300
        )
    stages = result_picture("This channel in each of the six layers", "feature-maps-stages", chart=True)
    grid = result_picture("All channels of one layer", "feature-maps-grid", chart=True)
    with gr.Accordion("How to read this", open=False):
        gr.Markdown(HOW_TO_READ)

    @served.answers_on_gpu
    def feature_maps(
        image: str | None, channel: float = 16, layer: str = "prep_layer", squaring: str = "crop"
    ) -> tuple[np.ndarray, np.ndarray, str]:
        """One channel of the network's own activations at each of its six stages, and all channels of one stage.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            channel: the channel's number, from 0 to 63, in every stage.
            layer: the stage whose channels are all shown in the second picture.
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
        Returns:
            That channel at every stage, each with its legend; all channels of the stage on one scale; a sentence.
        """
        _, images = served.look(image, squaring)
        activations = {name: maps.cpu() for name, maps in activations_of(served.network, images).items()}
        chosen = {name: maps.numpy() for name, maps in channel_of_every_stage(activations, channel).items()}
        everything = all_channels(activations, layer).numpy()
        return draw_stages(chosen), draw_channels(everything, layer), describe(chosen, int(channel), everything, layer)

    latest_wins(
        [panel.seen.change, channel.change, layer.change],
        feature_maps,
        [panel.picture, channel, layer, panel.squaring],
        [stages, grid, sentence],
        api_name="feature_maps",
        **MODEL_QUEUE,
    )


def describe(chosen: dict[str, np.ndarray], channel: int, everything: np.ndarray, layer: str) -> str:
    """How many layers this channel responds in, and how many channels of one layer respond at all."""
    responding = sum(bool(maps.any()) for maps in chosen.values())
    alive = int((everything.reshape(len(everything), -1) > 0).any(axis=1).sum())
    return (
        f"Channel {channel} responds to this picture in {responding} of {len(chosen)} layers; "
        f"in {layer}, {alive} of {len(everything)} channels do."
    )


HOW_TO_READ = """
These are the network's own activations: after normalisation, ReLU and pooling, and in the residual layers
(`resnet_block1`, `resnet_block3`) after the addition. None is below zero.

A channel has the same number in every layer, but not the same meaning: only the residual layers add to the channel of
the layer before them. Each of the six pictures has its own scale, stated below it; the grid of one layer shares one.
"""
