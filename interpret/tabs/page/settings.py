"""What visitors set and callers pass to an explanation: the widgets, their choices, and what the parameters mean."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.utils import get_function_description

from interpret.attribution.evidence import CREDITS
from interpret.attribution.measured.masking import (
    FEWEST_ORDERS,
    FILLS,
    GRIDS,
    LARGEST_SEED,
    MOST_ORDERS,
    USUAL_SAMPLING,
)
from interpret.attribution.methods import BY_GROUP, FIRST_METHOD, GROUPS, METHOD_NAMES
from interpret.drawing.scales import UNSIGNED_PALETTES
from interpret.explanation import NO_CLASS, PREDICTED, Question, Style, usual_top_k
from interpret.tabs.page.components.inputs import Dropdown, Radio, Slider
from model.network import STAGES

# The page and the API call a stage of the network a layer, and number it.
LAYER_CHOICES = [
    (f"{number} of {len(STAGES)}: {stage.resolution}×{stage.resolution} cells", stage.name)
    for number, stage in enumerate(STAGES, start=1)
]

NAMED_LAYER_CHOICES = [
    (f"{number}: {stage.name}, {stage.resolution}×{stage.resolution}", stage.name)
    for number, stage in enumerate(STAGES, start=1)
]

# What the API's documentation says of each parameter that several endpoints share.
PARAMETERS = {
    "image": "the picture, of any size; the network sees 32x32 pixels of it.",
    "opacity": "of the evidence on the picture, from 0 (picture only) to 1 (evidence only).",
    "top_k": "how many classes to list, from 1 to the number of classes.",
    "layer": f"the stage whose activations are weighted; the deepest is {STAGES[-1].name} with 4x4 cells.",
    "class_name": f'the class to explain, or "{PREDICTED}".',
    "against": f'a second class, to compare the first one with, or "{NO_CLASS}".',
    "squaring": '"crop" to the centred square, or "fit" the whole picture on white.',
    "smooth": "interpolate the colours between cells; the numbers stay those of the cells.",
    "method": f"{', '.join(METHOD_NAMES[:-1])} or {METHOD_NAMES[-1]}.",
    "palette": f"of maps that are not signed: {', '.join(UNSIGNED_PALETTES)}.",
    "credit": '"shared" fairly among cells that come close to a channel\'s maximum, or all to the "strongest" one.',
    "orders": f"of shapley: in how many random orders cells are erased, an even number from {FEWEST_ORDERS} to "
    f"{MOST_ORDERS}.",
    "seed": f"of shapley: what the orders are drawn from, from 0 to {LARGEST_SEED}.",
    "grid": f"of shapley and occlusion: which cells are erased, {' or '.join(GRIDS)}.",
    "fill": f"{' or '.join(FILLS)}: what fills erased cells, the training set's mean colour or the blurred picture.",
}


def documentation(handler: Callable[..., Any], answered_by: str) -> str:
    """A handler's docstring with who answers, and with every parameter that it leaves to PARAMETERS."""
    _, own, _ = get_function_description(handler)
    described = [f"    {name}: {text or PARAMETERS[name]}" for name, text in own.items() if text or name in PARAMETERS]
    head, returns, tail = (inspect.getdoc(handler) or "").partition("Returns:")
    first, *rest = head.partition("Parameters:")[0].strip().split("\n\n", 1)
    summary = "\n\n".join([f"{' '.join(first.split())} {answered_by}".strip(), *rest])
    return "\n".join([summary, "", "Parameters:", *described, f"{returns}{tail}"])


IN_SHORT = dict(zip(GROUPS, ("adds up", "gradients", "measured", "control"), strict=True))


@dataclass(frozen=True)
class ExplanationSettings:
    """What the visitor sets on the GradCAM tab; other tabs may set which class to explain, and against which.

    Endpoints read `method_by_default`, which nobody sees: the page opens with another method than they do.
    """

    class_name: gr.Dropdown
    against: gr.Dropdown
    method: gr.Dropdown
    method_by_default: gr.Dropdown
    layer: gr.Dropdown
    opacity: Slider
    smooth: gr.Checkbox
    top_k: Slider
    palette: gr.Dropdown
    credit: gr.Radio
    orders: Slider
    seed: Slider
    grid: gr.Radio
    fill: gr.Radio

    @property
    def sampling(self) -> list[Any]:
        """In the order of the parameters of endpoints."""
        return [self.orders, self.seed, self.grid, self.fill]


def method_choices() -> list[tuple[str, str]]:
    """What the page lists, group by group."""
    return [(f"{each.title} ({IN_SHORT[each.group]})", each.name) for each in BY_GROUP]


def explanation_settings(class_names: tuple[str, ...]) -> ExplanationSettings:
    """Builds the widgets, each with the default of `Question` and `Style`; but the page's own first method."""
    (predicted,) = Question.class_names
    return ExplanationSettings(
        class_name=Dropdown([("the predicted class", PREDICTED), *class_names], value=predicted, label="Explain"),
        against=Dropdown([("no other class", NO_CLASS), *class_names], value=NO_CLASS, label="Compare with"),
        method=Dropdown(method_choices(), value=FIRST_METHOD, label="Method"),
        method_by_default=Dropdown(method_choices(), value=Question.method, label="Method", visible=False),
        layer=Dropdown(LAYER_CHOICES, value=Question.layer, label="Layer, and its cells"),
        opacity=Slider(0, 1, value=Style.opacity, step=0.05, label="Opacity"),
        smooth=gr.Checkbox(Style.smooth, label="Smooth between cells"),
        top_k=Slider(1, len(class_names), value=usual_top_k(class_names), step=1, label="Top predictions"),
        palette=Dropdown(
            list(UNSIGNED_PALETTES),
            value=Style.palette,
            label="Colours",
            info="Signed maps are always red (for the class) and blue (against it).",
        ),
        credit=_credit_radio(),
        **_sampling_widgets(),
    )


def _sampling_widgets() -> dict[str, Any]:
    usual = USUAL_SAMPLING
    grids = [(grid.replace("x", "×"), grid) for grid in GRIDS]
    with gr.Accordion("Erasing: cells, orders, fill", open=False):
        gr.Markdown("For Measured Shapley and Occlusion, which erase cells of the picture and run the network again.")
        return {
            "grid": Radio(grids, value=usual.grid, label="Cells to erase"),
            "orders": Slider(FEWEST_ORDERS, MOST_ORDERS, value=usual.orders, step=2, label="Random orders",
                info="More take longer and are surer."),
            "fill": Radio([("mean colour", "mean"), ("blur", "blur")], value=usual.fill, label="Fill cells with"),
            "seed": Slider(0, LARGEST_SEED, value=usual.seed, step=1, label="Seed of the orders"),
        }  # fmt: skip


def _credit_radio() -> gr.Radio:
    """Who gets the credit for a channel's maximum; the ledger renders it."""
    labels = ("shared among cells that come close", "all to the strongest cell")
    return Radio(
        list(zip(labels, CREDITS, strict=True)), value=CREDITS[0], label="Credit", elem_id="credit", render=False
    )
