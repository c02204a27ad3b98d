"""The picture panel: choose a picture once, see what the network sees of it, on every tab."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData
from gradio.utils import get_upload_folder, is_in_or_equal

from interpret.drawing.render import enlarge
from interpret.tabs.page.events import IN_TURN, latest_wins
from interpret.tabs.page.files import keep
from interpret.tabs.page.look import thumbnail_gallery
from interpret.tabs.page.served import ServedRelease

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
SEEN_FACTOR = 8
MAX_DATA_URL = 28_000_000
NOT_UPLOADED = "Upload the picture, with handle_file() in gradio_client; a path on the server is not accepted."


def uploaded_file(payload: ImageData | None) -> str | bytes | None:
    """The path of the uploaded file, or the bytes of a data URL; a malformed data URL gives no bytes.

    Gradio checks only payloads that call themselves files, so what is no upload is refused here: a path on the server
    would otherwise be read for whoever names it. Raises gr.Error.
    """
    if payload is None:
        return None
    if payload.url and payload.url.startswith("data:"):
        try:
            return base64.b64decode(payload.url[:MAX_DATA_URL].partition(",")[2], validate=True)
        except ValueError:
            return b""
    if payload.path is None or not is_in_or_equal(payload.path, get_upload_folder()):
        raise gr.Error(NOT_UPLOADED, title="Not possible", print_exception=False)
    return payload.path


@dataclass(frozen=True)
class PicturePanel:
    """The components that every lens listens to. `seen` changes exactly when the network's input does."""

    picture: gr.Image
    squaring: gr.Radio
    seen: gr.Image


@dataclass(frozen=True)
class ExamplePicture:
    """One file in `examples/`: where it is and what the page calls it."""

    path: Path
    caption: str
    right: bool

    def kept(self) -> str:
        """Its file where Gradio may serve it from, in whichever folder the app was started."""
        return keep(self.path.name, self.path.read_bytes())


def example_pictures() -> list[ExamplePicture]:
    """The pictures listed in `examples/examples.json`."""
    entries = json.loads((EXAMPLES / "examples.json").read_text())
    return [ExamplePicture(EXAMPLES / entry["file"], entry["caption"], entry["right"]) for entry in entries]


def picture_panel(served: ServedRelease) -> PicturePanel:
    """The left column of the page."""
    examples = example_pictures()
    right, wrong = ([each for each in examples if each.right is truth] for truth in (True, False))
    panel = _components()
    for label, elem_id, columns, chosen in (
        ("Try one of these test pictures", "examples", 5, right),
        ("It gets these wrong", "errors-to-try", 4, wrong),
    ):
        pictures = [(str(each.path), each.caption) for each in chosen]
        gallery = thumbnail_gallery(label, elem_id, "thumbnails", columns=columns, pictures=pictures)
        gallery.select(_chooser(chosen), None, [panel.picture, gallery], **IN_TURN)

    @served.answers
    def see(image: str | bytes | None, squaring: str) -> np.ndarray | dict[str, Any]:
        if image is None:  # Removed to make room for the next one: what was seen last stays.
            return gr.skip()
        return enlarge(served.pixels(image, squaring), SEEN_FACTOR)

    latest_wins(
        [panel.picture.change, panel.squaring.change],
        see,
        [panel.picture, panel.squaring],
        panel.seen,
        api_visibility="private",
    )
    return panel


def _components() -> PicturePanel:
    picture = gr.Image(
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
    # The file goes on as it is: `model.images` does all decoding and words all errors; Gradio would mask them.
    picture.preprocess = uploaded_file  # type: ignore[method-assign,assignment]
    squarings = [("crop to the centre", "crop"), ("fit, on white", "fit")]
    squaring = gr.Radio(squarings, value="crop", label="Make it square", container=False)
    seen = gr.Image(
        label="What the network sees: 32×32 pixels",
        format="png",
        interactive=False,
        buttons=[],
        elem_id="seen",
        elem_classes="pixels",
    )
    return PicturePanel(picture, squaring, seen)


def _chooser(examples: list[ExamplePicture]) -> Callable[[gr.SelectData], tuple[str, dict[str, Any]]]:
    def choose(event: gr.SelectData) -> tuple[str, dict[str, Any]]:
        # A mark on the thumbnail would outlive the picture, and the same one could not be chosen again.
        return examples[event.index].kept(), gr.update(selected_index=None)

    return choose
