"""The picture panel: choose a picture once, see what the network sees of it, on every tab."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.components import Component
from jaxtyping import UInt8

from interpret.drawing.render import enlarge
from interpret.explanation import Question
from interpret.prediction import percent
from interpret.tabs.computing.zero_gpu import ON_ZERO_GPU
from interpret.tabs.page.components.inputs import Memory, Radio, Upload
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import IN_TURN, PRIVATE, latest_wins
from interpret.tabs.page.files import keep, png
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.static import script
from model.images import ImageError, prepare, prepare_large, preview_of
from model.network import CIFAR10_CLASSES
from model.release import Release

OPENS_WITH = "cat.png"
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
SEEN_FACTOR = 8
OF_RELEASE, ERRORS_OF_RELEASE = 10, 4
THUMBNAIL_SIZE = 96
PREVIEW_FOLDER = "-shown"
SCROLL_TO_PICTURE = script("scroll_to", selector="#picture", block="nearest", focus=None)
MUCH = 0.25  # of a picture, cut off by the crop: what a photo of 4 by 3 loses


@dataclass(frozen=True)
class PicturePanel:
    """The components that every lens listens to.

    `seen` changes exactly when the network's input does; `fit` is offered where the crop leaves out much; `about` says
    what is known of the picture; `first` holds the picture that the page opens with, if there is one.
    """

    picture: Upload
    resize_mode: gr.Radio
    fit: gr.Button
    seen: gr.Image
    about: gr.Markdown
    first: gr.Image

    @property
    def opens_with(self) -> dict[Component, Any] | None:
        """What is in the panel as the page opens, for `latest_wins`; None where answers cannot be found beforehand: no
        picture, or a GPU that is lent to visitors alone."""
        return {self.picture: self.first.value["path"]} if self.first.value and not ON_ZERO_GPU else None


@dataclass(frozen=True)
class ExamplePicture:
    """One file in `examples/`, or a picture of the release that is in no file (`pixels`): where it is, what the page
    calls it, whether the network is right about it, and whether it shows one of the network's classes (`known`). Of
    photographs, which are larger, it is not said whether the network is right."""

    path: Path
    caption: str
    right: bool | None
    pixels: UInt8[np.ndarray, "32 32 3"] | None = None
    known: bool = True

    def kept(self) -> str:
        """Its file where Gradio may serve it from, in whichever folder the app was started."""
        return keep(self.path.name, self.path.read_bytes() if self.pixels is None else png(self.pixels))

    def prepared(self, resize_mode: str = Question.resize_mode) -> UInt8[np.ndarray, "32 32 3"]:
        """What the network sees of it."""
        return prepare(self.path, resize_mode) if self.pixels is None else self.pixels

    def thumbnail(self) -> tuple[str | np.ndarray, str]:
        if self.right is None:
            return np.asarray(prepare_large(self.path, limit=THUMBNAIL_SIZE)), self.caption
        return str(self.path) if self.pixels is None else self.pixels, self.caption


def example_pictures() -> list[ExamplePicture]:
    """The test pictures listed in `examples/examples.json`, and the photographs in `photographs/`."""
    found = []
    for name in ("examples.json", "photographs/photographs.json"):
        entries = json.loads((EXAMPLES / name).read_text())
        found += [
            ExamplePicture(EXAMPLES / each["file"], each["caption"], each.get("right"), known=each["label"] is not None)
            for each in entries
        ]
    return found


def pictures_of(release: Release) -> list[ExamplePicture]:
    """Of a release that knows other classes than CIFAR-10's: a training picture of each class, and its most confident
    errors."""
    names, gallery, errors = release.config.class_names, release.gallery, release.misclassified
    found = []
    if gallery is not None:
        labels, rows = np.unique(gallery.labels, return_index=True)
        for label, row in list(zip(labels.tolist(), rows.tolist(), strict=True))[:OF_RELEASE]:
            path = Path(f"training_{gallery.train_indices[row]}.png")
            found.append(ExamplePicture(path, names[label], True, gallery.images[row]))
    for row in np.argsort(-errors.confidences, kind="stable")[:ERRORS_OF_RELEASE].tolist():
        caption = f"{names[errors.labels[row]]}, taken for {names[errors.predictions[row]]}"
        found.append(ExamplePicture(Path(f"test_{errors.test_indices[row]}.png"), caption, False, errors.images[row]))
    return found


def examples_of(release: Release) -> list[ExamplePicture]:
    """What the page offers to try with a release."""
    return example_pictures() if release.config.class_names == CIFAR10_CLASSES else pictures_of(release)


def first_of(examples: list[ExamplePicture]) -> ExamplePicture:
    """The one that the page opens with."""
    return next((each for each in examples if each.path.name == OPENS_WITH), examples[0])


def picture_panel(served: ServedRelease) -> PicturePanel:
    """The left column of the page."""
    examples = examples_of(served.release)
    panel = _components(first_of(examples).kept() if examples else None)
    _show_what_browsers_cannot(panel.picture)
    _offer(examples, panel.picture, own=served.class_names != CIFAR10_CLASSES)
    _see(served, panel)
    panel.fit.click(lambda: "fit", None, panel.resize_mode, **PRIVATE)
    return panel


def _offer(examples: list[ExamplePicture], picture: Upload, *, own: bool) -> None:
    """The thumbnails that choose a picture; `own`: of the trainer's own classes."""
    right, wrong, other = ([each for each in examples if each.right is truth] for truth in (True, False, None))
    when, latest = (gr.Number(0, visible=False) for _ in range(2))
    for label, elem_id, columns, shown in (
        ("Try a training picture of each class" if own else "Try one of these test pictures", "examples", 5, right),
        ("It gets these wrong", "errors-to-try", 4, wrong),
        ("Photographs like your own", "photographs", 4, other),
    ):
        if not shown:
            continue
        pictures = [each.thumbnail() for each in shown]
        gallery = thumbnail_gallery(label, elem_id, "thumbnails", columns=columns, pictures=pictures)
        inputs, outputs = [when, latest], [picture, gallery, latest]
        choosing = gallery.select(chooser(shown), inputs, outputs, js=script("picture/when"), **IN_TURN)
        choosing.then(None, js=SCROLL_TO_PICTURE, **PRIVATE)


def _see(served: ServedRelease, panel: PicturePanel) -> None:
    """Shows what the network sees of the picture, whenever that changes."""

    @served.answers
    def see(last: list[str], image: str | bytes | None, squaring: str) -> tuple[Any, ...]:
        if image is None:  # Removed to make room for the next one; the page hides what was said of it until then.
            return gr.skip(), gr.update(visible=False), []
        if [image, squaring] == last:  # the page has opened with it
            return (gr.skip(),) * 3
        pixels = served.explainer.pixels(chosen(image), squaring)
        left_out = served.explainer.share_cropped(image) if squaring == "crop" else 0.0
        return enlarge(pixels, SEEN_FACTOR), _offer_to_fit(left_out), [image, squaring]

    last = Memory([], visible=False)
    seeing = latest_wins(
        [panel.picture.change, panel.resize_mode.change],
        see,
        [last, panel.picture, panel.resize_mode],
        [panel.seen, panel.fit, last],
        dims=panel.seen,
        opens_with=panel.opens_with,
        api_visibility="private",
    )
    seeing.failure(remover(served), [panel.picture, panel.resize_mode], panel.picture, **PRIVATE)


def remover(served: ServedRelease) -> Callable[..., Any]:
    """What takes a picture off the page that cannot be read: else what was said of the one before would stand beside
    it. What could not be seen for another reason stays."""

    def remove(image: str | bytes | None, squaring: str) -> dict[str, Any] | None:
        try:
            served.explainer.pixels(chosen(image), squaring)
        except ImageError:
            return None
        return gr.skip()

    return remove


def _show_what_browsers_cannot(picture: Upload) -> None:
    """Shows a reduced PNG of an upload that browsers do not know (HEIC, TIFF); what is explained is the upload."""
    preview = gr.Image(format="png", visible=False)

    def decode(image: str | bytes | None) -> str | dict[str, Any]:
        try:
            shown = preview_of(image) if isinstance(image, str) else None
        except ImageError:  # the answers say so
            return gr.skip()
        if shown is None:
            return gr.skip()
        return keep("preview.png", png(np.asarray(shown)), Path(str(image)).parent.name + PREVIEW_FOLDER)

    decoded = picture.upload(decode, picture, preview, trigger_mode="always_last", **PRIVATE)
    showing = script("picture/with_preview", suffix=PREVIEW_FOLDER)
    decoded.success(None, [picture, preview], picture, js=showing, **PRIVATE)


def _components(first: str | None) -> PicturePanel:
    picture = Upload(
        label="Picture",
        type="filepath",
        image_mode=None,
        format="png",
        sources=["upload", "clipboard", "webcam"],
        height=240,
        buttons=[],
        elem_id="picture",
        elem_classes="pixels",
    )
    modes = [("crop to the centre", "crop"), ("fit, on white", "fit")]
    resize_mode = Radio(modes, value=Question.resize_mode, label="Make it square", container=False, elem_id="square")
    fit = gr.Button(visible=False, size="sm", elem_id="fit")
    seen = gr.Image(
        label="What the network sees: 32×32 pixels",
        format="png",
        interactive=False,
        buttons=[],
        elem_id="seen",
        elem_classes="pixels",
    )
    about = gr.Markdown(elem_id="about-picture", elem_classes="lead")
    return PicturePanel(picture, resize_mode, fit, seen, about, gr.Image(first, type="filepath", visible=False))


def _offer_to_fit(left_out: float) -> dict[str, Any]:
    """The button that shows the whole picture, if the crop leaves out much of it."""
    return gr.update(visible=left_out >= MUCH, value=f"{percent(left_out)} is cut off: show the whole picture")


def chooser(examples: list[ExamplePicture]) -> Callable[..., tuple[Any, ...]]:
    """The handler of a click on one of them: its file, no mark on it, and when it was clicked."""

    def choose(event: gr.SelectData, when: float, latest: float) -> tuple[Any, ...]:
        """`when` it was clicked, in milliseconds since the page opened: of two quick clicks the later one counts, even
        if it arrives first."""
        if when < latest:
            return (gr.skip(),) * 3
        # A mark on the thumbnail would outlive the picture, and the same one could not be chosen again.
        return examples[event.index].kept(), gr.update(selected_index=None), when

    return choose
