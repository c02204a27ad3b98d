"""One picture of a camera, explained as a still picture would be. It is read from memory, and kept nowhere."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from interpret.attribution.methods import DEFAULT_METHOD, FIRST_METHOD, method_named, methods_at
from interpret.choices import ChoiceError, check_name
from interpret.explainer import Explainer
from interpret.explanation import NO_CLASS, PREDICTED, Question, Style, classes_in_question, explain, usual_top_k
from interpret.tabs.page.components.results import drawn_confidences
from interpret.tabs.page.files import png
from interpret.tabs.page.served import ServedRelease
from model.images import ImageError
from model.network import STAGE_NAMES

MOST_CHARACTERS = 400_000  # of a frame as text: the page sends a hundredth of it
WRONG_FORM = "A frame comes as a JPEG or PNG in base64, with the choices of the GradCAM tab."


@dataclass(frozen=True)
class LiveChoices:
    """What of the GradCAM tab's choices applies to a frame, in the order in which the page sends them."""

    resize_mode: str = Question.resize_mode
    layer: str = Question.layer
    class_name: str = PREDICTED
    against: str = NO_CLASS
    method: str = FIRST_METHOD
    opacity: int | float = Style.opacity
    smooth: bool = Style.smooth
    palette: str = Style.palette
    top_k: int | float = 1

    @property
    def quick_method(self) -> str:
        """The method, or the usual one instead of one that runs the network many times, or that the layer lacks."""
        method = method_named(self.method)
        layer = check_name("layer", self.layer, STAGE_NAMES)
        return method.name if method.rule is not None and method in methods_at(layer) else DEFAULT_METHOD


def usual_choices(class_names: tuple[str, ...]) -> list[Any]:
    """The choices of a fresh page, as the page sends them."""
    return list(vars(LiveChoices(top_k=usual_top_k(class_names))).values())


def frame_endpoint(served: ServedRelease) -> Callable[[Any], dict[str, Any]]:
    """What the page's switch asks, one frame after the other. It explains one at a time, whoever asks; who comes in
    between is told so at once, and sends a newer frame later."""
    turn = threading.Lock()

    def live_frame(asked: Any) -> dict[str, Any]:
        if not turn.acquire(blocking=False):
            return {"busy": True}
        try:
            return explained(served.explainer, *as_asked(asked))
        except (ChoiceError, ImageError) as error:
            return {"problem": str(error)}
        finally:
            turn.release()

    return live_frame


def as_asked(asked: Any) -> tuple[bytes, LiveChoices]:
    """The frame's bytes and the choices in what the page, or anybody else, has sent. Raises ChoiceError."""
    if not isinstance(asked, dict):
        raise ChoiceError(WRONG_FORM)
    frame, choices = asked.get("frame"), asked.get("choices")
    kinds = [type(each) for each in usual_choices(("",))]
    if not isinstance(frame, str) or not isinstance(choices, list) or len(choices) != len(kinds):
        raise ChoiceError(WRONG_FORM)
    if len(frame) > MOST_CHARACTERS:
        raise ChoiceError(f"A frame has at most {MOST_CHARACTERS:,} characters, got {len(frame):,}.")
    if not all(_is(kind, value) for kind, value in zip(kinds, choices, strict=True)):
        raise ChoiceError(WRONG_FORM)
    try:
        return base64.b64decode(frame.partition(",")[2], validate=True), LiveChoices(*choices)
    except ValueError:
        raise ChoiceError(WRONG_FORM) from None


def _is(kind: type[Any], value: Any) -> bool:
    numbers = (int, float)
    return type(value) in numbers if kind in numbers else type(value) is kind


def explained(explainer: Explainer, frame: bytes, choices: LiveChoices) -> dict[str, Any]:
    """Each class's map on what the network sees, 32x32 pixels as a data URL, with its title; the confidences as HTML;
    the sentence; and the method's title if it is not the one that was chosen.

    Raises ImageError or ChoiceError.
    """
    c = choices
    method = c.quick_method
    question = Question(frame, c.resize_mode, c.layer, classes_in_question(c.class_name, c.against), method)
    found = explain(explainer, question)
    overlays = found.overlays_on(found.pixels, Style(c.opacity, c.smooth, c.palette))
    maps = [{"title": title, "picture": data_url(each)} for title, each in zip(found.titles(), overlays, strict=True)]
    instead = "" if method == c.method else f"{method_named(c.method).title} is no method for Live: this is "
    return {
        "maps": maps,
        "label": drawn_confidences(found.confidences(c.top_k)),
        "sentence": found.sentence(),
        "note": instead and f"{instead}{found.method.title}.",
    }


def data_url(pixels: UInt8[np.ndarray, "height width 3"]) -> str:
    """The pixels as a PNG in text."""
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
