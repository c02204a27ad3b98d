"""The switch: one click opens the camera and explains what it sees, another one closes it."""

from typing import Any

import gradio as gr

from interpret.tabs.computing.zero_gpu import ON_ZERO_GPU
from interpret.tabs.live.frame import frame_endpoint, usual_choices
from interpret.tabs.page.events import PRIVATE
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import markup, script, static_text


def live_switch(served: ServedRelease) -> gr.HTML | None:
    """Builds it; None where a GPU is lent for each answer, of which Live would take several a second.

    The page asks nothing for it before it is switched on. Its frames pass by Gradio's queue and its files: the browser
    sends the next one when the last is answered, and what the camera saw in between is left out.
    """
    if ON_ZERO_GPU:
        return None
    return gr.HTML(
        html_template=markup("widgets/live"),
        js_on_load=static_text("widgets/live.js"),
        server_functions=[frame_endpoint(served)],
        elem_id="live",
        choices=usual_choices(served.class_names),
    )


def live_follows(live: gr.HTML | None, panel: PicturePanel, settings: ExplanationSettings) -> None:
    """Has the switch follow the tab's choices; the browser does it, without asking."""
    if live is None:
        return
    c = settings
    choices: list[Any] = [
        panel.resize_mode,
        c.layer,
        c.class_name,
        c.against,
        c.method,
        c.opacity,
        c.smooth,
        c.palette,
        c.top_k,
    ]
    changes = [each.change for each in choices]
    gr.on(changes, None, choices, live, js=script("as_choices"), trigger_mode="multiple", **PRIVATE)
