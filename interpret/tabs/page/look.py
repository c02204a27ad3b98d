"""How the page looks: one theme for light and dark, the style sheet, and the header."""

import os

import gradio as gr

from interpret.attribution.methods import METHODS
from interpret.drawing.words import number_in_words
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.static import markup, script, static_text

SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACE_FONTS = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
STYLE_SHEET = static_text("style.css")
FOR_SCREEN_READERS = script("accessibility")
OPEN_TAB = "[role=tab][aria-selected=true]"
SCROLL_TO_TABS = script("scroll_to", selector="[role=tablist]", block="start", focus=OPEN_TAB)


def theme() -> gr.Theme:
    """System fonts only: nothing is fetched from another host. Quiet text keeps a contrast of at least 4.5 to 1."""
    base = gr.themes.Base(
        primary_hue="orange", neutral_hue="slate", font=SYSTEM_FONTS, font_mono=MONOSPACE_FONTS, text_size="md"
    )
    quiet = {
        f"{name}{dark}": shade
        for name in (f"{part}_text_color" for part in ("block_label", "block_title", "block_info"))
        for dark, shade in (("", "*neutral_600"), ("_dark", "*neutral_300"))
    }
    return base.set(
        **quiet,
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        slider_color="*primary_600",
        checkbox_background_color_selected="*primary_600",
    )


def header(served: ServedRelease) -> str:
    """What the page is, how good the network is, and which release is served on what, as HTML."""
    device = "GPU" if served.explainer.device.type == "cuda" else "CPU"
    which = f"release {served.release.identifier} ({served.choice.origin})"
    right = f"{served.release.test_accuracy:.2%} of {served.release.metrics.test_pictures} right"
    problem, space = served.choice.problem, os.environ.get("SPACE_ID")
    return markup(
        "header",
        facts=f"{right} · {which} · {device}",
        count=len(served.class_names),
        classes=", ".join(served.class_names),
        weights=f"{sum(each.numel() for each in served.release.network.parameters()):,}",
        methods=number_in_words(len(METHODS)),
        code=f"https://huggingface.co/spaces/{space}/tree/main",
        trust=f"https://huggingface.co/spaces/{space}/blob/main/docs/trust.md",
        code_hidden="" if space else "hidden",
        banner=f"You see {which}: {problem}.",
        banner_hidden="" if problem else "hidden",
    )
