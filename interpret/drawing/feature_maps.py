"""Feature maps as pictures: one channel in every stage, or all channels of one."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8

from interpret.drawing.render import Panel, draw_panels, enlarge, tile_to_width
from interpret.drawing.scales import unsigned_scale
from model.network import STAGES

PANEL_SIDE = 192
GRID_WIDTH = 800
UNIT = "activation"


def draw_stages(maps: Mapping[str, Float[np.ndarray, "_ _"]]) -> UInt8[np.ndarray, "tall wide 3"]:
    """One channel of every stage, each with a scale of its own, since stages differ in magnitude."""
    panels = []
    for number, stage in enumerate(STAGES, start=1):
        values = maps[stage.name]
        scale = unsigned_scale(values, UNIT)
        pixels = enlarge(scale.paint(values), PANEL_SIDE // stage.resolution)
        panels.append(Panel(pixels, f"{number}: {stage.name}", scale))
    return draw_panels(panels, columns=3)


def draw_channels(maps: Float[np.ndarray, "channels side side"], stage_name: str) -> UInt8[np.ndarray, "tall wide 3"]:
    """All channels of one stage on one shared scale, channel 0 at the upper left."""
    count, side, _ = maps.shape
    scale = unsigned_scale(maps, UNIT)
    pixels = tile_to_width(scale.paint(maps), GRID_WIDTH)
    return draw_panels([Panel(pixels, f"{stage_name}: {count} channels of {side}×{side} cells, row by row", scale)])


def describe_channel(
    maps: Mapping[str, Float[np.ndarray, "_ _"]],
    channel: int,
    layer_maps: Float[np.ndarray, "channels side side"],
    layer: str,
) -> str:
    """In how many layers this channel responds, and how many channels of one layer respond at all."""
    responding = sum(bool(each.any()) for each in maps.values())
    alive = int((layer_maps > 0).any(axis=(1, 2)).sum())
    return (
        f"Channel {channel} responds to this picture in {responding} of {len(maps)} layers; "
        f"in {layer}, {alive} of {len(layer_maps)} channels do."
    )
