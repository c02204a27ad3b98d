"""The picture panel: choose a picture once, see what the network sees of it, on every tab."""

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData

from interpret.render import enlarge
from interpret.tabs.served import ServedRelease, answers
from model.images import Squaring

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
SEEN_FACTOR = 8

from gradio.events import Dependency

class UploadedPicture(gr.Image):
    """A `gr.Image` that hands the uploaded file on as it is: `model.images` does all decoding, and words all errors."""

    is_template = True

    def preprocess(self, payload: ImageData | None) -> str | bytes | None:  # type: ignore[override]
        """The path of the uploaded file, or the bytes of a data URL. A malformed data URL gives no bytes."""
        if payload is None:
            return None
        if payload.url and payload.url.startswith("data:"):
            try:
                return base64.b64decode(payload.url.partition(",")[2], validate=True)
            except binascii.Error:
                return b""
        return payload.path
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


@dataclass(frozen=True)
class PicturePanel:
    """The components that every lens listens to. `seen` changes exactly when the network's input does."""

    picture: UploadedPicture
    squaring: gr.Radio
    seen: gr.Image


@dataclass(frozen=True)
class ExamplePicture:
    """One file in `examples/`: where it is and what the page calls it."""

    path: Path
    caption: str
    right: bool


def example_pictures() -> list[ExamplePicture]:
    """The pictures listed in `examples/examples.json`."""
    entries = json.loads((EXAMPLES / "examples.json").read_text())
    return [ExamplePicture(EXAMPLES / entry["file"], entry["caption"], entry["right"]) for entry in entries]


def picture_panel(served: ServedRelease, demo: gr.Blocks) -> PicturePanel:
    """The left column of the page."""
    examples = example_pictures()
    right = [example for example in examples if example.right]
    wrong = [example for example in examples if not example.right]
    picture = UploadedPicture(
        str(right[0].path),
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
    squaring = gr.Radio(
        [("crop to the centre", "crop"), ("fit, on white", "fit")], value="crop", label="Make it square", container=False
    )
    seen = gr.Image(
        label="What the network sees: 32×32 pixels",
        format="png",
        interactive=False,
        buttons=[],
        elem_id="seen",
        elem_classes="pixels",
    )
    _example_gallery("Try one of these test pictures", right, picture, columns=5)
    _example_gallery("It gets these wrong", wrong, picture, columns=4)

    @answers
    def see(image: str | None, squaring: Squaring = "crop") -> np.ndarray:
        """What the network sees of a picture: 32x32 pixels, enlarged eightfold."""
        pixels, _ = served.look(image, squaring)
        return enlarge(pixels, SEEN_FACTOR)

    gr.on(
        [demo.load, picture.change, squaring.change],
        see,
        [picture, squaring],
        seen,
        api_name="see",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    return PicturePanel(picture, squaring, seen)


def _example_gallery(label: str, examples: list[ExamplePicture], picture: UploadedPicture, columns: int) -> None:
    gallery = gr.Gallery(
        [(str(example.path), example.caption) for example in examples],
        label=label,
        columns=columns,
        allow_preview=False,
        height="auto",
        object_fit="fill",
        format="png",
        interactive=False,
        buttons=[],
        elem_classes=["pixels", "thumbnails"],
    )

    def choose(event: gr.SelectData) -> str:
        return str(examples[event.index].path)

    gallery.select(choose, None, picture, api_visibility="private", show_progress="hidden")