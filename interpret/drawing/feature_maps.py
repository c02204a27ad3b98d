"""Feature maps as pictures: one channel in every stage, or all channels of one."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from interpret.drawing.render import (
    FAINT_INK,
    Panel,
    draw_panels,
    enlarge,
    panel_origin,
    tile_to_width,
    tile_under,
    tiling,
)
from interpret.drawing.scales import Scale, signed_scale, unsigned_scale
from model.network import STAGES

PANEL_SIDE = 192
GRID_WIDTH = 800
GAP = 2
MAP_SIDE = 288
FRAME = (234, 88, 12)
UNIT, SIGNED_UNIT = "activation", "value"
IN_ROWS = "row by row"


def draw_stages(maps: Mapping[str, Float[np.ndarray, "_ _"]]) -> UInt8[np.ndarray, "tall wide 3"]:
    """One channel of every stage, each with a scale of its own, since stages differ in magnitude."""
    panels = []
    for number, stage in enumerate(STAGES, start=1):
        values = maps[stage.name]
        scale = unsigned_scale(values, UNIT)
        pixels = enlarge(scale.paint(values), PANEL_SIDE // stage.resolution)
        panels.append(Panel(pixels, f"{number}: {stage.name}", scale))
    return draw_panels(panels, columns=3)


def draw_channels(
    maps: Float[np.ndarray, "channels side side"], name: str, scale: Scale | None = None, order: str = IN_ROWS
) -> UInt8[np.ndarray, "tall wide 3"]:
    """A layer's channels as they are given, the first at the upper left, on one scale: by default as far as they reach.

    A channel that is zero everywhere is crossed out.
    """
    scale = scale or layer_scale(maps)
    title = f"{name}: {len(maps)} channels of {maps.shape[1]}×{maps.shape[2]} cells, {order}"
    return draw_panels([Panel(_crossed(tile_to_width(scale.paint(maps), GRID_WIDTH, GAP), maps), title, scale)])


def draw_channels_apart(
    maps: Float[np.ndarray, "channels side side"], name: str, order: str = IN_ROWS
) -> UInt8[np.ndarray, "tall wide 3"]:
    """As `draw_channels`, each channel on a scale of its own, so that faint ones show too."""
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return draw_channels(maps / np.where(largest == 0, 1, largest), name, _relative_scale(maps), order)


def layer_scale(maps: Float[np.ndarray, "channels side side"]) -> Scale:
    """As far as a layer's channels reach; symmetric if any value is negative."""
    return signed_scale(maps, SIGNED_UNIT) if maps.min() < 0 else unsigned_scale(maps, UNIT)


def _relative_scale(maps: Float[np.ndarray, "channels side side"]) -> Scale:
    own = "× each channel's own largest value"
    whole = np.ones(1)
    return signed_scale(whole, own) if maps.min() < 0 else unsigned_scale(whole, own)


def _crossed(
    pixels: UInt8[np.ndarray, "tall wide 3"], maps: Float[np.ndarray, "channels side side"]
) -> UInt8[np.ndarray, "tall wide 3"]:
    image, (columns, factor) = Image.fromarray(pixels), tiling(len(maps), maps.shape[1], GRID_WIDTH, GAP)
    draw, side = ImageDraw.Draw(image), maps.shape[1] * factor
    for at in np.flatnonzero(~maps.any(axis=(1, 2))):
        row, column = divmod(int(at), columns)
        left, top = column * (side + GAP), row * (side + GAP)
        draw.line((left, top, left + side - 1, top + side - 1), FAINT_INK)
        draw.line((left, top + side - 1, left + side - 1, top), FAINT_INK)
    return np.asarray(image)


def tile_at(x: int, y: int, count: int, side: int) -> int | None:
    """Which of the drawn channels a pixel of the picture shows, counted as they stand; None between and beside them."""
    columns, factor = tiling(count, side, GRID_WIDTH, GAP)
    found = tile_under(x, y, count, columns, side * factor, GAP)
    return found[0] if found and found[1] else None


def draw_map(
    values: Float[np.ndarray, "side side"], title: str, cell: tuple[int, int] | None
) -> UInt8[np.ndarray, "tall wide 3"]:
    """One channel's map, large, with its scale; a cell (row, column) is framed."""
    scale = layer_scale(values[None])
    factor = MAP_SIDE // len(values)
    image = Image.fromarray(enlarge(scale.paint(values), factor))
    if cell is not None:
        top, left = (each * factor for each in cell)
        ImageDraw.Draw(image).rectangle((left, top, left + factor - 1, top + factor - 1), outline=FRAME, width=2)
    return draw_panels([Panel(np.asarray(image), title, scale)])


def cell_of_map(x: int, y: int, side: int) -> tuple[int, int] | None:
    """The row and column of a map's cell at a pixel of `draw_map`'s picture; None beside the map."""
    left, top = panel_origin(MAP_SIDE)
    factor = MAP_SIDE // side
    column, row = (x - left) // factor, (y - top) // factor
    return (row, column) if 0 <= row < side and 0 <= column < side else None


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
