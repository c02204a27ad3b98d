"""The page's components: Gradio's, with what it leaves out."""

import base64
import io
import math
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData as AnyImageData
from gradio.utils import get_upload_folder, is_in_or_equal
from jaxtyping import UInt8
from PIL import Image

from interpret.drawing.words import percent
from interpret.tabs.page.static import markup, static_text

MAX_UPLOAD = 64 * 2**20  # bytes
MAX_DATA_URL = MAX_UPLOAD * 4 // 3 + 100
NOT_UPLOADED = "Upload the picture, with handle_file() in gradio_client; a path on the server is not accepted."


class Slider(gr.Slider):
    """Gradio's slider, which answers anything but a finite number in words; Gradio's own fails with a masked error."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> float:
        if isinstance(payload, bool) or not isinstance(payload, int | float) or not math.isfinite(payload):
            raise gr.Error(
                f"{self.label}: {payload!r} is not a number; give one from {self.minimum:g} to {self.maximum:g}.",
                print_exception=False,
            )
        try:
            return super().preprocess(payload)
        except gr.Error as refusal:
            refusal.print_exception = False  # it is the caller's mistake, not one for the log
            raise


class Dropdown(gr.Dropdown):
    """Gradio's list of choices, which refuses another in words that name it, and not with a traceback in the log."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> Any:
        if isinstance(payload, list) and not self.multiselect:  # Gradio would pass it on
            raise _not_offered(self, payload)
        return _offered(self, payload, super().preprocess)


class Radio(gr.Radio):
    """As `Dropdown`."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> Any:
        return _offered(self, payload, super().preprocess)


def _offered(component: gr.Dropdown | gr.Radio, payload: Any, preprocess: Callable[[Any], Any]) -> Any:
    try:
        return preprocess(payload)
    except gr.Error as refusal:
        raise _not_offered(component, payload) from refusal


def _not_offered(component: gr.Dropdown | gr.Radio, payload: Any) -> gr.Error:
    allowed = ", ".join(str(value) for _, value in component.choices)
    problem = f"{component.label}: {payload!r} is not one of the choices. Allowed: {allowed}."
    return gr.Error(problem, title="Not possible", print_exception=False)


class ImageData(AnyImageData):
    """What stands for a picture in a request; anything else is refused in a sentence, and not with a traceback."""

    @classmethod
    def model_validate(cls, *args: Any, **options: Any) -> "ImageData":
        try:
            return super().model_validate(*args, **options)
        except ValueError as error:  # pydantic's errors are some of these
            raise gr.Error(NOT_UPLOADED, title="Not possible", print_exception=False) from error


class Upload(gr.Image):
    """Gradio's image input, which passes the uploaded file on as it is: `model.images` decodes it and words all errors,
    which Gradio would mask."""

    is_template = True  # Gradio: the front end is that of the parent class
    data_model = ImageData

    def preprocess(self, payload: AnyImageData | None) -> str | bytes | None:  # type: ignore[override]
        """The path of the uploaded file, or the bytes of a data URL; a malformed data URL gives no bytes.

        Gradio checks only payloads that call themselves files. A path on the server that is no upload is refused here:
        it would be read for whoever names it. Raises gr.Error.
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


def confidence_bars(elem_id: str, label: str | None = None) -> gr.HTML:
    """Where `drawn_confidences` are shown. Gradio's own list rounds 99.7% up to certainty."""
    return gr.HTML(
        label=label, show_label=label is not None, container=label is not None, padding=True, elem_id=elem_id
    )


def drawn_confidences(confidences: dict[str, float]) -> str:
    """Classes and their confidences, in [0, 1], as HTML."""
    return "".join(
        markup("confidence", class_name=name, share=f"{share:.3f}", words=percent(share))
        for name, share in confidences.items()
    )


def thumbnail_gallery(
    label: str, elem_id: str, *classes: str, columns: int, pictures: list[tuple[Any, str]] | None = None
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


def picture_brush() -> gr.HTML:
    """A brush on what the network sees; `interpret.attribution.erasing.brushed_mask` reads its value."""
    return gr.HTML(
        value="",
        label="Brush over what to erase",
        show_label=True,
        container=True,
        padding=True,
        html_template=markup("widgets/brush"),
        js_on_load=static_text("widgets/brush.js"),
        elem_id="brush",
        picture="",
    )


def brush_on(pixels: UInt8[np.ndarray, "32 32 3"]) -> dict[str, object]:
    """The update that lays the brush on another image."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    encoded = base64.b64encode(png.getvalue()).decode()
    return gr.update(picture=f"data:image/png;base64,{encoded}")
