"""What the page is told by: Gradio's inputs, with what they leave out, and a brush."""

import base64
import io
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData as AnyImageData
from gradio.utils import get_upload_folder, is_in_or_equal
from jaxtyping import UInt8
from PIL import Image

from interpret.tabs.page.static import markup, static_text

MAX_UPLOAD = 64 * 2**20  # bytes
MAX_DATA_URL = MAX_UPLOAD * 4 // 3 + 100
NOT_UPLOADED = (
    "Upload the picture, with handle_file() in gradio_client; a path on the server is not accepted, nor an address "
    "that is not public."
)


class Refused(gr.Error):
    """A value that a component does not take: the caller's mistake, and not an accident for the log.

    Named by the component's label, for visitors, and by the endpoint's `parameter`, if there is one, for callers.
    """

    def __init__(self, component: gr.blocks.Block, problem: str, parameter: str | None = None) -> None:
        label = getattr(component, "label", None)
        spelt_alike = parameter is None or label is None or label.lower() == parameter.replace("_", " ")
        name = parameter or label if spelt_alike else f"{parameter} ({label})"
        super().__init__(f"{name}: {problem}", title="Not possible", print_exception=False)
        self.component, self.problem = component, problem


class Slider(gr.Slider):
    """Gradio's slider, which answers what is no number in its range in words that name it."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> float:
        number = isinstance(payload, int | float) and not isinstance(payload, bool)
        if not number or not self.minimum <= payload <= self.maximum:
            raise Refused(self, f"{payload!r} is no number from {self.minimum:,} to {self.maximum:,}.")
        return super().preprocess(payload)


class Dropdown(gr.Dropdown):
    """Gradio's list of choices, which refuses another in words that name it, and not with a traceback in the log."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> Any:
        if isinstance(payload, list) and not self.multiselect:  # Gradio would pass it on
            raise _not_offered(self, payload)
        if self.multiselect:
            _check_several(self, payload)
        return _offered(self, payload, super().preprocess)


class Radio(gr.Radio):
    """As `Dropdown`."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> Any:
        return _offered(self, payload, super().preprocess)


class CheckboxGroup(gr.CheckboxGroup):
    """As `Dropdown`, of any number of choices."""

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> Any:
        _check_several(self, payload)
        return super().preprocess(payload)


def _check_several(component: gr.Dropdown | gr.CheckboxGroup, payload: Any) -> None:
    if not isinstance(payload, list):
        raise Refused(component, f"give a list, not {payload!r}.")
    offered = [value for _, value in component.choices]
    for each in payload:
        if each not in offered:
            raise _not_offered(component, each)


def _offered(component: gr.Dropdown | gr.Radio, payload: Any, preprocess: Callable[[Any], Any]) -> Any:
    try:
        return preprocess(payload)
    except gr.Error as refusal:
        raise _not_offered(component, payload) from refusal


def _not_offered(component: gr.Dropdown | gr.Radio | gr.CheckboxGroup, payload: Any) -> Refused:
    allowed = ", ".join(str(value) or "''" for _, value in component.choices)
    return Refused(component, f"{payload!r} is not one of the choices. Allowed: {allowed}.")


class Memory(gr.JSON):
    """A list that the page keeps in the browser, without showing it: what a click needs to know of the last answer.

    What gr.State keeps on the server is gone after a restart, for visitors who wait while many others come, and on
    another replica.
    """

    is_template = True  # Gradio: the front end is that of the parent class

    def preprocess(self, payload: Any) -> list[Any]:
        return payload if isinstance(payload, list) else []


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
