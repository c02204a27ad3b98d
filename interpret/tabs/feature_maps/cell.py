"""One channel opened: its map, the arithmetic of each of its cells and what they see, and the network without it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.choices import ChoiceError
from interpret.drawing.feature_maps import cell_of_map, draw_map
from interpret.drawing.receptive_field import draw_receptive_field
from interpret.explanation import Question
from interpret.layers.arithmetic import Arithmetic, arithmetic
from interpret.layers.channels import channels_of, without_channel
from interpret.tabs.page.components.inputs import Dropdown, Memory, Slider
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, PRIVATE, endpoint, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from model.network import STAGE_NAMES, STAGES

MOST_CHANNELS = max(stage.channels for stage in STAGES)
MOST_CELLS = max(stage.resolution for stage in STAGES)
COLUMNS = ("class", "with all", "without this one")
DIGITS = 4
LINKED = "linked"
INSIDE = "The arithmetic is told for what the six layers hand on; choose one of them to see it."


@dataclass(frozen=True)
class OpenChannel:
    """The cell of the open channel that is looked at, and what it belongs to: `last` holds what was asked with it."""

    row: gr.Number
    column: gr.Number
    last: Memory


def linked(layer: str, point: str, channel: int) -> list[Any]:
    """What `last` holds when a link has chosen a cell of this channel: it stays, and is not replaced by the
    strongest."""
    return [LINKED, layer, point, channel]


def cell_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/cell`."""

    @served.answers_on_gpu
    def cell(
        image: str | None,
        layer: str = STAGE_NAMES[0],
        channel: float = 0,
        row: float = 0,
        column: float = 0,
        squaring: str = Question.resize_mode,
    ) -> tuple[np.ndarray, str, dict[str, Any]]:
        """How one number of a feature map comes about, step by step, and which pixels it can see.

        Parameters:
            layer: one of the six stages.
            channel: of that stage, from 0.
            row: of the cell, from 0 at the top.
            column: of the cell, from 0 at the left.
        Returns:
            The picture with the cell's receptive field framed; the steps as a sentence: products, batch norm, ReLU,
            residual addition; and as JSON, with the input channels that add most, each with patch and kernel.
        """
        pixels, images = served.explainer.preprocess(chosen(image), squaring)
        found = arithmetic(served.explainer.network, images, layer, channel, row, column)
        return draw_receptive_field(pixels, found.field), told(found), found.numbers()

    return cell


def told(found: Arithmetic) -> str:
    """Where the number stands, its steps, and what it sees."""
    field = found.field.cut
    seen = f"rows {field.top} to {field.bottom} and columns {field.left} to {field.right}"
    return (
        f"Channel {found.channel} of {found.layer} is {found.value:.3f} at row {found.row}, column {found.column}. "
        f"{found.sentence()} It sees {seen} of the picture's 32×32 pixels."
    )


def switch_off_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/switch_off`."""

    @served.answers_on_gpu
    def switch_off(
        image: str | None, layer: str = STAGE_NAMES[-1], channel: float = 0, squaring: str = Question.resize_mode
    ) -> tuple[pd.DataFrame, str]:
        """What the network says of a picture with one channel of a layer at zero.

        Parameters:
            layer: one of the six stages.
            channel: of that stage, from 0.
        Returns:
            A table of all classes' confidences before and after; a sentence.
        """
        _, images = served.explainer.preprocess(chosen(image), squaring)
        found = without_channel(served.explainer.network, images, layer, channel)
        values = (served.class_names, found.before.astype(float), found.after.astype(float))
        table = pd.DataFrame(dict(zip(COLUMNS, values, strict=True))).round(DIGITS)
        return table.sort_values(COLUMNS[1], ascending=False), found.sentence(served.class_names)

    return switch_off


def channel_on_page(served: ServedRelease) -> Callable[..., Any]:
    """What shows the open channel and one of its cells: of a channel that was just opened the strongest.

    Row and column are written only if they must be others: the visitor may be typing.
    """
    cell, switch_off = cell_endpoint(served), switch_off_endpoint(served)

    @served.answers_on_gpu
    def show(
        last: list[Any],
        image: str | None,
        squaring: str,
        layer: str,
        point: str,
        channel: float | None,
        row: float | None,
        column: float | None,
    ) -> tuple[Any, ...]:
        asked = [image, squaring, layer, point, channel]
        if image is None or channel is None:
            return (*(gr.skip(),) * 9, gr.update(visible=False))
        _, images = served.explainer.preprocess(chosen(image), squaring)
        try:
            maps = channels_of(served.explainer.network, images, layer, point).maps
        except ChoiceError as problem:
            return None, None, str(problem), None, None, "", gr.skip(), gr.skip(), asked, gr.update(visible=True)
        channel = min(max(0, int(channel)), len(maps) - 1)  # another layer may have fewer
        kept = last in (asked, linked(layer, point, channel))
        strongest = np.unravel_index(maps[channel].argmax(), maps[channel].shape)
        wanted = (row, column) if kept else strongest
        at, across = (min(max(0, int(each or 0)), maps.shape[1] - 1) for each in wanted)
        place = (gr.skip() if row == at else at, gr.skip() if column == across else across)
        drawn = draw_map(maps[channel], f"{layer}, channel {channel}", (at, across))
        if layer not in STAGE_NAMES:
            return drawn, None, INSIDE, None, None, "", *place, asked, gr.update(visible=True)
        without = switch_off(image, layer, channel, squaring)
        return (
            drawn,
            *cell(image, layer, channel, at, across, squaring),
            *without,
            *place,
            asked,
            gr.update(visible=True),
        )

    return show


def clicked(image_side: int, event: gr.SelectData) -> tuple[Any, Any]:
    """The row and the column of the cell that was clicked on the map."""
    x, y = event.index
    found = cell_of_map(x, y, image_side)
    return (gr.skip(), gr.skip()) if found is None else found


def cell_section(
    served: ServedRelease, tab: gr.Tab, panel: PicturePanel, layer: gr.Dropdown, point: gr.Dropdown, opened: gr.Number
) -> OpenChannel:
    """Builds the section and the endpoints `/cell` and `/switch_off`."""
    with gr.Column(visible=False, elem_id="opened-channel") as section:
        with gr.Row():
            drawn = result_picture("The channel's map: click a cell", "channel-map", chart=True)
            field = result_picture("What the framed cell can see", "receptive-field")
        with gr.Row():
            row = gr.Number(label="Row", precision=0, elem_id="cell-row", min_width=90)
            column = gr.Number(label="Column", precision=0, elem_id="cell-column", min_width=90)
        steps = gr.Markdown(elem_id="cell-arithmetic")
        gr.Markdown("**Without this channel:** it is set to zero, and the rest of the network runs.")
        without = gr.Markdown(elem_classes="answer", elem_id="without-channel")
        table = gr.Dataframe(headers=list(COLUMNS), interactive=False, label="Confidences", elem_id="switched-off")
        with gr.Accordion("Numbers", open=False):
            numbers = gr.JSON(show_label=False)
    last, answered = Memory([], visible=False), [drawn, field, steps, numbers, table, without]
    latest_wins(
        [panel.seen.change, *(each.change for each in (layer, point, opened, row, column))],
        channel_on_page(served),
        [last, panel.picture, panel.resize_mode, layer, point, opened, row, column],
        [*answered, row, column, last, section],
        dims=answered,
        within=tab,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    drawn.select(cell_clicker(served), [panel.picture, panel.resize_mode, layer, point], [row, column], **PRIVATE)
    with gr.Row(visible=False):
        stage = Dropdown(list(STAGE_NAMES), value=STAGE_NAMES[0], label="Layer")
        last_stage = Dropdown(list(STAGE_NAMES), value=STAGE_NAMES[-1], label="Layer")
        channel = Slider(0, MOST_CHANNELS - 1, value=0, step=1, label="Channel")
        place = [Slider(0, MOST_CELLS - 1, value=0, step=1, label=label) for label in ("Row", "Column")]
    given = [panel.picture, stage, channel, *place, panel.resize_mode]
    endpoint(cell_endpoint(served), given, [field, steps, numbers], "cell", **MODEL_QUEUE)
    given = [panel.picture, last_stage, channel, panel.resize_mode]
    endpoint(switch_off_endpoint(served), given, [table, without], "switch_off", **MODEL_QUEUE)
    return OpenChannel(row, column, last)


def cell_clicker(served: ServedRelease) -> Callable[..., Any]:
    """What a click on the map does."""

    @served.answers_on_gpu
    def choose(image: str | None, squaring: str, layer: str, point: str, event: gr.SelectData) -> tuple[Any, Any]:
        _, images = served.explainer.preprocess(chosen(image), squaring)
        return clicked(channels_of(served.explainer.network, images, layer, point).maps.shape[1], event)

    return choose
