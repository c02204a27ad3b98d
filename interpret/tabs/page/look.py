"""How the page looks: one theme for light and dark, the style sheet, and the header."""

import html
import os

import gradio as gr

from interpret.tabs.page.served import ServedRelease

SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACE_FONTS = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]


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


CSS = """
.gradio-container { max-width: min(1280px, 100vw) !important; margin: 0 auto !important; }
.gradio-container .main.fillable { padding: 16px clamp(8px, 1.6vw, 20px) !important; }
.gradio-container .main, .gradio-container main, .gradio-container .column, .tabs, .tabitem { min-width: 0; }
.tab-container button[aria-selected="true"] { color: #c2410c; }
.dark .tab-container button[aria-selected="true"] { color: #fb923c; }
#header .html-container { padding: 0; }
#header h1 { font-size: 1.7rem; font-weight: 700; margin: 0; letter-spacing: -0.01em; }
#header p { margin: 0.2rem 0 0; }
#header a { text-decoration: underline; }
#header .facts { color: var(--body-text-color-subdued); font-size: 0.9rem; }
#header .banner { margin-top: 0.5rem; padding: 0.45rem 0.75rem; border-left: 4px solid #d97706; border-radius: 4px;
  background: #fef3c7; color: #713f12; overflow-wrap: anywhere; }
.dark #header .banner { background: #422006; color: #fde68a; }
#link-note, #warning p { padding: 0.45rem 0.75rem; border-left: 4px solid #d97706; background: #fef3c7;
  color: #713f12; }
#link-note *, #warning p * { color: inherit; }
/* Two rules: Gradio finds `.dark` only once in each. */
.dark #link-note { background: #422006; color: #fde68a; }
.dark #warning p { background: #422006; color: #fde68a; }
/* An old answer stays while the new one is computed; one that comes at once does not flicker. */
.asked { opacity: 0.45; transition: opacity 0.15s 0.2s; }
.lead p { color: var(--body-text-color-subdued); }
.answer p { font-size: 1.1rem; font-weight: 600; }

/* Small pictures stay pixels, on the dark film of a light box; their labels stand above them, never on them. */
.pixels img { image-rendering: pixelated; }
.chart img { image-rendering: auto; }
.pixels label[data-testid="block-label"] { position: static; width: 100%; border-width: 0 0 1px; border-radius: 0; }
.pixels .image-container, .pixels .image-frame { height: auto; }
.pixels:not(#picture) .image-container { background: #0f1219; }
.pixels .image-container > button { height: auto; }
.pixels .image-frame img { width: auto; height: auto; max-width: 100%; margin: 0 auto; }
#picture .image-container { height: 220px; }
#picture .image-frame, #picture .image-frame img {
  height: 100%; max-height: 172px; width: 100%; object-fit: contain; }
.pixels:not(#picture) .image-container .icon-button-wrapper {
  top: -26px; right: 0; height: 25px; border: 0; background: none; }

.pixels .grid-wrap { min-height: 0; max-height: none; height: auto; padding: 8px; overflow: visible; }
.pixels .grid-container { padding: 0; gap: 6px; grid-template: none / repeat(var(--grid-cols), minmax(0, 1fr));
  grid-auto-rows: auto; }
.pixels .thumbnail-item { display: flex; flex-direction: column; height: auto; aspect-ratio: auto; width: 100%; }
.pixels .thumbnail-item img { aspect-ratio: 1; width: 100%; height: auto; }
.pixels .caption-label { position: static; max-width: 100%; width: 100%; white-space: normal; text-align: center;
  border: 0; padding: 2px; font-size: 0.75rem; line-height: 1.2; overflow: visible; overflow-wrap: anywhere;
  background: none; }
.thumbnails .caption-label { font-size: 0.7rem; }
#erase-cells .wrap { display: grid; grid-template-columns: repeat(4, 1fr); gap: 4px; }
#erase-cells label { padding: 4px 6px; }
#examples .caption-label { display: none; }
@media (max-width: 700px) {
  .tab-container button { padding: 0 9px; font-size: 0.85rem; }
  .errors .grid-container { grid-template-columns: repeat(3, minmax(0, 1fr)); }
}
"""


def result_picture(label: str, elem_id: str, *, chart: bool = False, visible: bool = True) -> gr.Image:
    """A picture that the app answers with, as lossless PNG; a `chart` carries text and legends."""
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        visible=visible,
        min_width=280,
        buttons=["download", "fullscreen"],
        elem_id=elem_id,
        elem_classes=["pixels", "chart"] if chart else "pixels",
    )


def thumbnail_gallery(
    label: str, elem_id: str, *classes: str, columns: int, pictures: list[tuple[str, str]] | None = None
) -> gr.Gallery:
    """A gallery of small pictures with captions, to click on, as lossless PNG."""
    return gr.Gallery(
        pictures,
        label=label,
        columns=columns,
        height="auto",
        object_fit="fill",
        allow_preview=False,
        format="png",
        interactive=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes=["pixels", *classes],
    )


# The documentation opens from Gradio's own footer, which phones do not show.
OPEN_API = "document.querySelector('footer button.show-api').click(); return false"

# On a phone the answer to a click may lie above what is in view.
SHOW_TABS = "() => document.querySelector('[role=tablist]').scrollIntoView({block: 'start', behavior: 'smooth'})"

# For screen readers: each picture takes its label as its text, whenever one is drawn, since Gradio gives it none; and
# the sentences that change with the answer are read out.
FOR_SCREEN_READERS = """
() => {
  const prepare = () => {
    document.querySelectorAll(".pixels .image-container img").forEach((image) => {
      const label = image.closest(".block").querySelector("[data-testid=block-label]")?.textContent.trim();
      if (label && image.alt !== label) image.alt = label;
    });
    document.querySelectorAll(".answer, #warning, #erased-sentence").forEach((text) => {
      if (!text.hasAttribute("aria-live")) text.setAttribute("aria-live", "polite");
    });
  };
  new MutationObserver(prepare).observe(document.body, {childList: true, subtree: true});
  prepare();
}
"""


def header(served: ServedRelease) -> str:
    """What the page is, how good the network is, and which release is served on what, as HTML."""
    test = served.release.metrics.test
    device = "GPU" if served.device.type == "cuda" else "CPU"
    facts = (
        f"{served.release.test_accuracy:.2%} of CIFAR-10's {test.count:,} test pictures right · "
        f"release {served.release.identifier} ({served.choice.origin}) · {device}"
    )
    space = os.environ.get("SPACE_ID")
    code = f' · <a href="https://huggingface.co/spaces/{html.escape(space)}/tree/main">code</a>' if space else ""
    banner = f'<p class="banner" role="status">{html.escape(_warning(served))}</p>' if served.choice.problem else ""
    return (
        "<h1>CIFAR X-Ray</h1><p>See why a small network decides as it does.</p>"
        f'<p class="facts">{html.escape(facts)} · <a href="#" onclick="{OPEN_API}">API</a>{code} · '
        '<a href="https://arxiv.org/abs/1610.02391" target="_blank" rel="noopener">paper</a></p>'
        f"{banner}"
    )


def _warning(served: ServedRelease) -> str:
    problem = str(served.choice.problem)
    return f"You see release {served.release.identifier} ({served.choice.origin}): {problem}."
