"""The Feature maps tab: what each layer hands on, and how each number of it comes about."""

import gradio as gr

from interpret.tabs.channel.dossier import dossier_section, offer_channel
from interpret.tabs.feature_maps.cell import cell_section
from interpret.tabs.feature_maps.grid import grid_section, grid_settings
from interpret.tabs.feature_maps.lesions import lesions_section
from interpret.tabs.feature_maps.link import link_section
from interpret.tabs.feature_maps.similar import similar_section
from interpret.tabs.page.permalink import Lens
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import NO_PICTURE, ServedRelease


def feature_maps_tab(served: ServedRelease, tab: gr.Tab, panel: PicturePanel) -> Lens:
    """Builds the tab and its endpoints; returns how links lead to it.

    They are `/feature_maps`, `/export_maps`, `/channel`, `/cell`, `/switch_off`, `/similar` and `/lesions`.
    """
    gr.Markdown(
        "Bright cells are where a channel responds to the picture. (Channels of different layers share a number, not a "
        "meaning.) Click a channel of a layer to open it, and a cell to see how its number comes about.",
        elem_classes="lead",
    )
    gr.Markdown(NO_PICTURE, elem_classes="no-picture")
    settings = grid_settings(served)
    opened = gr.Number(
        0, label="Open channel, of the layer above", precision=0, elem_id="opened-channel-number", render=False
    )
    grid_section(served, tab, panel, settings, opened)
    opened.render()
    offer_channel(served, dossier_section(served, "maps", tab, settings.layer, opened))
    open_channel = cell_section(served, tab, panel, settings.layer, settings.point, opened)
    with gr.Accordion("Training pictures that the network finds most like this one", open=False,
                      elem_id="most-alike") as most_alike:  # fmt: skip
        similar_section(served, panel, most_alike)
    with gr.Accordion("Lesion laboratory: channels switched off for all test pictures", open=False,
                      elem_id="lesion-laboratory") as laboratory:  # fmt: skip
        lesions_section(served, laboratory)
    lens = link_section(served, panel, settings, opened, open_channel)
    with gr.Accordion("How to read this", open=False):
        gr.Markdown(HOW_TO_READ)
    return lens


HOW_TO_READ = """
These are the network's own activations: after normalisation, ReLU and pooling, and in the residual layers
(`resnet_block1`, `resnet_block3`) after the addition. None is below zero. Before ReLU they may be: blue is negative.

A channel has the same number in every layer, but not the same meaning: only the residual layers add to the channel of
the layer before them. Each of the six pictures has its own scale, stated below it; in the grid of one layer each
channel has its own, unless you choose one for all. A crossed-out channel is zero everywhere for this picture.

A number comes about like this: the 3×3 kernels are laid on a patch of every input channel, all products are added up
(where a layer pools, in four places, and the largest sum is kept), batch norm scales and shifts the sum, ReLU sets what
is negative to zero, and a residual layer adds what it was given at that cell.
"""
