"""The Space: load a release, build the page, serve it. `python app.py`, then open the address that it prints."""

import logging
import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # a transport of its own, which keeps to no deadline

from model.cores import keep_to_granted_cores

keep_to_granted_cores()
import interpret.tabs.computing.zero_gpu  # noqa: F401, I001 - before anything that asks torch about CUDA
import gradio as gr
from starlette.middleware import Middleware

from interpret.tabs.agents.checked_calls import CheckedCalls
from interpret.tabs.agents.routes import routes_for_agents
from interpret.tabs.feature_maps.tab import feature_maps_tab
from interpret.tabs.gradcam.tab import gradcam_tab
from interpret.tabs.kernels.tab import kernels_tab
from interpret.tabs.page.blocks import Page
from interpret.tabs.page.components.inputs import MAX_UPLOAD
from interpret.tabs.page.events import AT_A_TIME, keep_statuses_apart
from interpret.tabs.page.look import FOR_SCREEN_READERS, STYLE_SHEET, header, theme
from interpret.tabs.misclassified.tab import misclassified_tab
from interpret.tabs.page.permalink import follow_links, opened_by_link
from interpret.tabs.page.picture import picture_panel
from interpret.tabs.page.served import ServedRelease, serve
from interpret.tabs.process.ending import serve_until, told_to_end
from interpret.tabs.process.health import with_health
from interpret.tabs.process.kept_pages import KeptPages
from interpret.tabs.process.starting import StartError, check_folders
from model.choice import Choice, choose_release

logger = logging.getLogger("app")
HOUR, DAY = 3600, 86400
SESSIONS = 200  # that Gradio keeps, 0.7 MB each; who is forgotten loses nothing but the way to stop what is running


def build_page(served: ServedRelease, other: Choice | None = None) -> gr.Blocks:
    """One picture panel, four lenses. `other` is a release to compare the served one with."""
    with Page(title="CIFAR X-Ray", delete_cache=(HOUR, DAY)) as demo:
        gr.HTML(header(served), elem_id="header")
        note = gr.Markdown(visible=False, elem_id="link-note")
        gr.api(with_health(demo, served.about), api_name="release", queue=False)
        with gr.Row():
            with gr.Column(scale=1, min_width=280, elem_id="panel"):
                panel = picture_panel(served)
                asked = opened_by_link(demo, panel)
            with gr.Column(scale=3, min_width=320), gr.Tabs() as tabs:
                with gr.Tab("GradCAM", id="gradcam"):
                    settings = gradcam_tab(served, panel)
                with gr.Tab("Misclassified", id="misclassified") as errors_tab:
                    misclassified_tab(served, asked, errors_tab, tabs, panel, settings, note, other)
                with gr.Tab("Feature maps", id="feature_maps", elem_id="feature-maps") as maps_tab:
                    maps = feature_maps_tab(served, maps_tab, panel)
                with gr.Tab("Kernels", id="kernels") as weights_tab:
                    weights = kernels_tab(served, weights_tab)
        follow_links(served, asked, note, panel, settings, tabs, (maps, weights))
        keep_statuses_apart(demo)
    return demo


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for transport in ("httpx", "httpx2"):  # they tell of every request, with addresses that are signed
        logging.getLogger(transport).setLevel(logging.WARNING)
    try:
        check_folders()
    except StartError as error:
        sys.exit(f"app.py: {error}")
    served = serve(choose_release(os.environ.get("MODEL_REPO_ID"), os.environ.get("MODEL_REVISION")))
    logger.info("Serving %s on %s", served.description, served.explainer.device)
    other = os.environ.get("COMPARE_REPO_ID", "").strip()
    demo = build_page(served, choose_release(other, os.environ.get("COMPARE_REVISION")) if other else None)
    told = told_to_end()
    demo.launch(
        theme=theme(),
        css=STYLE_SHEET,
        js=FOR_SCREEN_READERS,
        max_file_size=MAX_UPLOAD,
        state_session_capacity=SESSIONS,
        max_threads=2 * AT_A_TIME,  # one waits for each question that is begun; the others are for all else
        footer_links=["api"],
        ssr_mode=False,
        app_kwargs={
            "routes": routes_for_agents(demo),
            "middleware": [Middleware(KeptPages), Middleware(CheckedCalls, demo)],
        },
        prevent_thread_lock=True,
    )
    serve_until(told, demo)


if __name__ == "__main__":
    main()
