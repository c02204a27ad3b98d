"""What the Feature maps tab shows, as a link that shows it again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from interpret.explanation import PREDICTED
from interpret.layers.channels import NUMBER, OUTPUT, POINTS, SORTS, channel_counts, side_of
from interpret.layers.feature_maps import COMMON_CHANNELS
from interpret.link import LinkWords
from interpret.tabs.feature_maps.cell import OpenChannel, linked
from interpret.tabs.feature_maps.grid import CHANNEL, LAYER, SCALES, USUAL_SCALE, GridSettings
from interpret.tabs.page.permalink import Lens, link_field, picture_words
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease

TAB = "feature_maps"
USUAL = {
    "channel": CHANNEL,
    "layer": LAYER,
    "point": OUTPUT,
    "sort": NUMBER,
    "scale": USUAL_SCALE,
    "class": PREDICTED,
    "open": 0,
    "row": None,
    "column": None,
}


def link_maker(served: ServedRelease) -> Callable[..., str]:
    """What turns the tab's state into the query of a link; nothing if there is no picture to link to.

    What is as usual is left out, but for the cell: without one, a link shows the strongest.
    """
    words_for = picture_words(served)

    def make(image: str | bytes | None, squaring: str, *values: Any) -> str:
        if (picture := words_for(image, squaring)) is None:
            return ""
        kind, name = picture
        chosen = dict(zip(USUAL, values, strict=True))
        said = {word: value for word, value in chosen.items() if value not in (None, USUAL[word])}
        words = {"tab": TAB, kind: name, "squaring": squaring, **said, "release": served.release.identifier}
        return "?" + urlencode(words)

    return make


def link_reader(served: ServedRelease) -> Callable[[LinkWords], list[Any]]:
    """What reads the tab's choices off a link, in the order of USUAL, and last what marks the cell as chosen by it."""
    counts = channel_counts(served.release.network)

    def read(words: LinkWords) -> list[Any]:
        channel = words.whole("channel", CHANNEL, 0, COMMON_CHANNELS - 1)
        layer = words.name("layer", LAYER, tuple(counts))
        point = words.name("point", OUTPUT, POINTS)
        sort, scale = words.name("sort", NUMBER, SORTS), words.name("scale", USUAL_SCALE, tuple(SCALES))
        class_name = words.name("class", PREDICTED, (PREDICTED, *served.class_names))
        opened = words.whole("open", 0, 0, counts[layer] - 1)
        last = side_of(served.release.network, layer, point) - 1
        row, column = words.whole_or_none("row", 0, last), words.whole_or_none("column", 0, last)
        mark = [] if row is None and column is None else linked(layer, point, opened)
        return [channel, layer, point, sort, scale, class_name, opened, row, column, mark]

    return read


def link_section(
    served: ServedRelease, panel: PicturePanel, settings: GridSettings, opened: gr.Number, open_channel: OpenChannel
) -> Lens:
    """Builds the field that holds the link, which is made while its accordion is open, and says how to follow it."""
    choices = [*settings.inputs, opened, open_channel.row, open_channel.column]
    with gr.Accordion("Link to this view", open=False, elem_id="maps-link-section") as accordion:
        link_field(
            "maps-link",
            [panel.seen.change, *(each.change for each in choices)],
            link_maker(served),
            [panel.picture, panel.resize_mode, *choices],
            within=accordion,
        )
    return Lens(TAB, [*choices, open_channel.last], link_reader(served))
