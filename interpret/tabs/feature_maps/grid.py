"""All channels of a layer at once, and one of them through all layers; the endpoint `/feature_maps`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.cam import class_indices_of
from interpret.choices import ChoiceError, check_name
from interpret.drawing.feature_maps import (
    IN_ROWS,
    UNIT,
    describe_channel,
    draw_channels,
    draw_channels_apart,
    draw_stages,
    tile_at,
)
from interpret.drawing.scales import unsigned_scale
from interpret.explanation import PREDICTED, Question
from interpret.layers.channels import (
    ADDS,
    NUMBER,
    OUTPUT,
    POINTS,
    POINTS_IN_WORDS,
    RESPONSE,
    Channels,
    channels_of,
)
from interpret.layers.feature_maps import COMMON_CHANNELS, activations_of, channel_of_every_stage
from interpret.layers.kernels import convolutions_by_name
from interpret.tabs.feature_maps.taking import export_maps_section
from interpret.tabs.page.components.inputs import Dropdown, Memory, Radio, Slider
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, PRIVATE, endpoint, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import NAMED_LAYER_CHOICES
from interpret.tabs.page.static import script
from model.network import STAGE_NAMES

CHANNEL, LAYER = 16, STAGE_NAMES[0]
OF_LAYER, OF_MAP, OF_NETWORK = "layer", "map", "network"
USUAL_SCALE = OF_MAP  # on the page: one bright channel would leave the others dark
SCALES = {OF_LAYER: "one for the layer", OF_MAP: "each channel its own", OF_NETWORK: "one for the network"}
ORDERS = {NUMBER: IN_ROWS, RESPONSE: "the strongest response first", ADDS: "what adds most to {name} first"}


@dataclass(frozen=True)
class GridSettings:
    """Which channels are shown, and how."""

    channel: Slider
    layer: gr.Dropdown
    point: gr.Dropdown
    sort: gr.Dropdown
    scale: gr.Radio
    class_name: gr.Dropdown

    @property
    def inputs(self) -> list[Any]:
        return [self.channel, self.layer, self.point, self.sort, self.scale, self.class_name]


@dataclass(frozen=True)
class Shown:
    """What a question about feature maps is answered with."""

    stages: np.ndarray
    grid: np.ndarray
    sentence: str
    numbers: dict[str, Any]
    order: list[int]
    side: int


def answer(
    served: ServedRelease,
    image: str | None,
    channel: float,
    layer: str,
    squaring: str,
    point: str,
    sort: str,
    scale: str,
    class_name: str,
) -> Shown:
    """Runs the network once for the six stages, once for the layer's own point. Raises ImageError or ChoiceError."""
    explainer, names = served.explainer, served.class_names
    check_name("scale", scale, tuple(SCALES))
    _, images = explainer.preprocess(chosen(image), squaring)
    activations = {name: maps.cpu() for name, maps in activations_of(explainer.network, images).items()}
    one = {name: maps.numpy() for name, maps in channel_of_every_stage(activations, channel).items()}
    found = channels_of(explainer.network, images, layer, point)
    scores = explainer.network.classify(activations[STAGE_NAMES[-1]][None].to(explainer.device))[0]
    (wanted,) = class_indices_of((class_name,), names)
    class_index = int(scores.argmax()) if wanted is None else wanted
    order = found.order(sort, class_index)
    largest = max(float(each.max()) for each in activations.values())
    picture = _grid(found, order, scale, ORDERS[sort].format(name=names[class_index]), largest)
    sentence = describe_channel(one, int(channel), found.maps, layer)
    numbers = _numbers(found, order, names[class_index], class_index)
    return Shown(draw_stages(one), picture, sentence, numbers, order.tolist(), found.maps.shape[1])


def _grid(found: Channels, order: np.ndarray, scale: str, told: str, largest: float) -> np.ndarray:
    name = found.layer if found.point == OUTPUT else f"{found.layer}, {found.point.replace('_', ' ')}"
    maps = found.maps[order]
    if scale == OF_MAP:
        return draw_channels_apart(maps, name, told)
    of_network = scale == OF_NETWORK and maps.min() >= 0
    return draw_channels(maps, name, unsigned_scale(np.array([largest]), UNIT) if of_network else None, told)


def _numbers(found: Channels, order: np.ndarray, class_name: str, class_index: int) -> dict[str, Any]:
    adds = None if found.adds is None else {"class": class_name, "logits": found.adds[class_index].tolist()}
    return {
        "layer": found.layer,
        "point": found.point,
        "order": order.tolist(),
        "strongest": found.strongest.tolist(),
        "silent": np.flatnonzero(found.silent).tolist(),
        "adds": adds,
    }


def feature_maps_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/feature_maps`."""

    @served.answers_on_gpu
    def feature_maps(
        image: str | None,
        channel: float = CHANNEL,
        layer: str = LAYER,
        squaring: str = Question.resize_mode,
        point: str = OUTPUT,
        sort: str = NUMBER,
        scale: str = OF_LAYER,
        class_name: str = PREDICTED,
    ) -> tuple[np.ndarray, np.ndarray, str, dict[str, Any]]:
        """One channel of the network's own activations at each of its six stages, and all channels of one layer.

        Parameters:
            channel: the channel's number, from 0 to 63, in every stage.
            layer: whose channels are all shown in the second picture: a stage, or a convolution of a residual stage.
            point: "output" of the layer, or of its convolution: "convolution", "batch_norm" after it, or "relu".
            sort: by channel "number", by strongest "response", or by what a channel "adds" to the class's score, which
                is known exactly for the last layer's output.
            scale: of the colours: one for the "layer", each "map" its own, or one for the "network" (not before ReLU).
            class_name: whose score channels add to, or "predicted".
        Returns:
            That channel at every stage, each with its legend; all channels of the layer; a sentence; the order,
            strongest values, silent channels and what each adds, as JSON.
        """
        found = answer(served, image, channel, layer, squaring, point, sort, scale, class_name)
        return found.stages, found.grid, found.sentence, found.numbers

    return feature_maps


def grid_settings(served: ServedRelease) -> GridSettings:
    """Builds the widgets."""
    of_residual = [name for name in convolutions_by_name(served.release.network) if name not in STAGE_NAMES]
    layers = [*NAMED_LAYER_CHOICES, *((f"{name}, a convolution inside", name) for name in of_residual)]
    with gr.Row():
        channel = Slider(0, COMMON_CHANNELS - 1, value=CHANNEL, step=1, label="Channel, in every layer")
        layer = Dropdown(layers, value=LAYER, label="Layer whose channels are all shown below", min_width=300)
    with gr.Accordion("Which number, which order, which scale", open=False), gr.Row():
        points = [(POINTS_IN_WORDS[point], point) for point in POINTS]
        point = Dropdown(points, value=OUTPUT, label="Number of the computation", min_width=260)
        sorts = [
            ("by number", NUMBER),
            ("strongest response first", RESPONSE),
            ("what adds most to a score first", ADDS),
        ]
        sort = Dropdown(sorts, value=NUMBER, label="Order", min_width=280)
        class_name = Dropdown([("the predicted class", PREDICTED), *served.class_names], value=PREDICTED,
                                 label="The score of", min_width=160)  # fmt: skip
        scale = Radio([(words, name) for name, words in SCALES.items()], value=USUAL_SCALE, label="Colour scale")
    return GridSettings(channel, layer, point, sort, scale, class_name)


def grid_section(
    served: ServedRelease, tab: gr.Tab, panel: PicturePanel, settings: GridSettings, opened: gr.Number
) -> None:
    """Builds the pictures and the endpoints `/feature_maps` and `/export_maps`; a click on a channel opens it.

    Nothing is computed while the `tab` is closed.
    """
    sentence = gr.Markdown(elem_classes="answer", elem_id="feature-maps-sentence")
    stages = result_picture("This channel in each of the six layers", "feature-maps-stages", chart=True)
    grid = result_picture("All channels of one layer", "feature-maps-grid", chart=True)
    with gr.Accordion("Numbers, and arrays to take away", open=False):
        numbers = gr.JSON(show_label=False)
        export_maps_section(served, panel, settings.layer, settings.point)
    drawn = Memory([], visible=False)
    s = settings
    outputs: list[Any] = [stages, grid, sentence, numbers]
    latest_wins(
        [panel.seen.change, *(each.change for each in s.inputs)],
        on_page(served),
        [panel.picture, s.channel, s.layer, panel.resize_mode, s.point, s.sort, s.scale, s.class_name],
        [*outputs, drawn],
        dims=outputs,
        within=tab,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    by_default = Radio(list(SCALES), value=OF_LAYER, label=s.scale.label, visible=False)  # as the API has always had it
    inputs = [panel.picture, s.channel, s.layer, panel.resize_mode, s.point, s.sort, by_default, s.class_name]
    endpoint(feature_maps_endpoint(served), inputs, outputs, "feature_maps", **MODEL_QUEUE)
    opening = grid.select(clicked, drawn, opened, **PRIVATE)
    to_it = script("scroll_to", selector="#opened-channel-number", block="start", focus=None)
    opening.then(None, js=to_it, **PRIVATE)


def on_page(served: ServedRelease) -> Callable[..., Any]:
    """As `/feature_maps`, with the order of the channels for clicks; what cannot be shown is said in its place."""

    @served.answers_on_gpu
    def show(*asked: Any) -> tuple[Any, ...]:
        if asked[0] is None:  # removed to make room for the next picture: what was shown stays
            return (gr.skip(),) * 5
        try:
            found = answer(served, *asked)
        except ChoiceError as problem:
            return gr.skip(), None, str(problem), None, []
        return found.stages, found.grid, found.sentence, found.numbers, [found.side, *found.order]

    return show


def clicked(drawn: list[int], event: gr.SelectData) -> Any:
    """The channel that was clicked in the grid; `drawn` holds the side of its maps, and its channels in order."""
    (side, *order), (x, y) = drawn or [0], event.index
    at = tile_at(x, y, len(order), side) if order else None
    return gr.skip() if at is None else order[at]
