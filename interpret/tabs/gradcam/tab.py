"""The GradCAM tab: which part of the picture speaks for a class."""

import functools
from dataclasses import dataclass
from typing import Any

import gradio as gr

from interpret.attribution.methods import FIRST_METHOD
from interpret.drawing.words import describe_faithfulness
from interpret.tabs.gradcam.answer import (
    gradcam_endpoint,
    gradcam_on_page,
    predict_endpoint,
    stop_on_page,
    suit_layer,
    suit_method,
    tell_stopped,
)
from interpret.tabs.gradcam.balance import balance_section
from interpret.tabs.gradcam.enough_and_needed import enough_and_needed_section
from interpret.tabs.gradcam.evidence import evidence_section
from interpret.tabs.gradcam.export import export_section
from interpret.tabs.gradcam.how_to_read import how_to_read
from interpret.tabs.gradcam.sanity_checks import sanity_checks_section
from interpret.tabs.gradcam.side_by_side import side_by_side_section
from interpret.tabs.gradcam.warning import warning_line
from interpret.tabs.live.switch import live_follows, live_switch
from interpret.tabs.page.components.results import confidence_bars, result_picture
from interpret.tabs.page.events import AT_ONCE, MODEL_QUEUE, PRIVATE, endpoint, latest_wins
from interpret.tabs.page.permalink import link_section
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import NO_PICTURE, ServedRelease
from interpret.tabs.page.settings import ExplanationSettings, explanation_settings
from interpret.tabs.page.stopping import Stops


@dataclass(frozen=True)
class Shown:
    """Where the answers appear; `in_api` has the API's own label and form of what the page draws and labels itself."""

    sentence: gr.Markdown
    progress: gr.HTML
    stop: gr.Button
    label: gr.HTML
    overlay: gr.Image
    against: gr.Image
    cells: gr.Image
    balance: gr.Markdown
    faithful: gr.Markdown
    all_confidences: gr.HTML
    in_api: tuple[gr.Label, gr.Image]


def gradcam_tab(served: ServedRelease, panel: PicturePanel) -> ExplanationSettings:
    """Builds the tab and its endpoints."""
    gr.Markdown(
        "Red areas support the chosen class, blue areas speak against it. Some methods show support only: bright areas "
        "support the class, dark ones don't.",
        elem_classes="lead",
    )
    gr.Markdown(NO_PICTURE, elem_classes="no-picture")
    live = live_switch(served)
    warning_line(served, panel)
    shown, settings = _answer_beside_settings(served)
    with gr.Accordion("How to read this", open=False, elem_id="how-to-read") as accordion:
        gr.Markdown(how_to_read(served))
        balance_section(served, panel, settings, accordion)
    with gr.Accordion("Evidence ledger: sixteen cells that add up to the score", open=True):
        evidence_section(served, panel, settings)
    with gr.Accordion("What is enough, and what is needed?", open=False):
        enough_and_needed_section(served, panel, settings)
    with gr.Accordion("Methods side by side", open=False):
        side_by_side_section(served, panel, settings)
    with gr.Accordion("Can this map be trusted? Controls", open=False):
        sanity_checks_section(served, panel, settings)
    with gr.Accordion("Numbers, download and link", open=False, elem_id="to-take-away") as accordion:
        link_section(served, panel, settings, accordion)
        export_section(served, panel, settings)
    _answer_when_asked(served, panel, shown, settings)
    live_follows(live, panel, settings)
    return settings


def _answer_beside_settings(served: ServedRelease) -> tuple[Shown, ExplanationSettings]:
    sentence = gr.Markdown(elem_classes="answer", elem_id="gradcam-sentence")
    with gr.Row():
        progress = gr.HTML(visible=False, elem_id="gradcam-progress")
        stop = gr.Button("Stop", visible=False, size="sm", scale=0, elem_id="gradcam-stop")
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            label = confidence_bars("gradcam-label", "The network's answer")
            with gr.Row():
                overlay_image = result_picture("Evidence on the picture", "gradcam-overlay")
                against_image = result_picture("Evidence for the other class", "gradcam-against", visible=False)
                cells = result_picture("The map's own cells", "gradcam-cells", chart=True)
            balance_line = gr.Markdown(elem_id="balance", elem_classes="lead")
            faithful = gr.Markdown(
                describe_faithfulness(served.release.metrics, FIRST_METHOD),
                elem_id="faithfulness",
                elem_classes="lead",
            )
        with gr.Column(scale=1, min_width=240):
            settings = explanation_settings(served.class_names)
            with gr.Accordion("All confidences", open=False):
                all_confidences = confidence_bars("all-confidences")
    in_api = gr.Label(label="The network's answer", visible=False), gr.Image(label=overlay_image.label, visible=False)
    shown = Shown(
        sentence, progress, stop, label, overlay_image, against_image, cells, balance_line, faithful, all_confidences,
        in_api,
    )  # fmt: skip
    return shown, settings


def _answer_when_asked(served: ServedRelease, panel: PicturePanel, shown: Shown, settings: ExplanationSettings) -> None:
    c, metrics = settings, served.release.metrics
    inputs = [panel.picture, c.opacity, c.top_k, c.layer, c.class_name, c.against, panel.resize_mode, c.smooth,
              c.method, c.palette, *c.sampling]  # fmt: skip
    explained = [shown.cells, shown.sentence, shown.against]
    on_page = [shown.label, shown.overlay, *explained, shown.balance, shown.all_confidences]
    running = [shown.progress, shown.stop]
    changed = (c.class_name, c.against, c.layer, c.opacity, c.smooth, c.top_k, c.method, c.palette, *c.sampling)
    stops = gr.State(Stops())
    latest_wins(
        [panel.seen.change, *(each.change for each in changed)],
        gradcam_on_page(served),
        [stops, *inputs],
        [*on_page, *running],
        dims=on_page,
        opens_with=panel.opens_with,
        api_visibility="private",
        **MODEL_QUEUE,
    )
    shown.stop.click(stop_on_page, stops, [*running, c.method], **AT_ONCE).then(tell_stopped, **PRIVATE)
    aside = gr.Textbox("", visible=False)
    # Not `input`: Gradio's lists fire that twice for one choice, and what is told would be told twice.
    each_time: dict[str, Any] = {"trigger_mode": "multiple", **PRIVATE}
    c.method.change(suit_layer, [c.method, c.layer, aside], [c.layer, aside], **each_time)
    c.layer.change(suit_method, [c.layer, c.method, aside], [c.method, aside], **each_time)
    # The API's answer comes whole, with no progress in between.
    by_default = [c.method_by_default if each is c.method else each for each in inputs]
    endpoint(gradcam_endpoint(served), by_default, [*shown.in_api, *explained], "gradcam", **MODEL_QUEUE)
    endpoint(predict_endpoint(served), [panel.picture, panel.resize_mode], shown.in_api[0], "predict", **MODEL_QUEUE)
    faithfulness = functools.partial(describe_faithfulness, metrics)
    asked = [c.method, c.layer]
    latest_wins([each.change for each in asked], faithfulness, asked, shown.faithful, api_visibility="private")
