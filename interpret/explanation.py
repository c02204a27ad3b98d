"""From a picture and what the visitor chose to the pictures and sentences of a class activation map."""

from collections.abc import Generator
from dataclasses import dataclass

import gradio as gr
import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import Cam, class_activation_steps, class_indices_of, resize_map
from interpret.attribution.methods import Method, method_named
from interpret.attribution.steps import finish
from interpret.drawing.render import Panel, draw_panels, enlarge, overlay
from interpret.drawing.scales import UNSIGNED_PALETTE, Scale, signed_scale, unsigned_scale
from interpret.drawing.words import describe_cam
from interpret.prediction import probabilities_of, top_classes
from interpret.tabs.page.served import ServedRelease
from model.images import INPUT_SIZE

OVERLAY_FACTOR = 10
CELLS_SIDE = 288


@dataclass(frozen=True)
class GradCamControls:
    """What the visitor sets; other tabs may set which class to explain, and against which."""

    explained: gr.Dropdown
    against: gr.Dropdown
    layer: gr.Dropdown
    opacity: gr.Slider
    smooth: gr.Checkbox
    top_k: gr.Slider
    method: gr.Dropdown
    palette: gr.Dropdown


@dataclass(frozen=True)
class Question:
    """What to explain: one picture's score for some classes ("predicted" or a name), at a layer, by a method."""

    image: str | bytes | None
    squaring: str
    layer: str
    explained: tuple[str, ...]
    method: str = "grad_cam"


@dataclass(frozen=True)
class Style:
    """How to show it: opacity of the overlay in [0, 1], cells or smoothed, and the palette of unsigned maps."""

    opacity: int | float = 0.5
    smooth: bool = False
    palette: str = "magma"


@dataclass(frozen=True)
class Explanation:
    """Maps of the explained classes with the prediction, in the picture that the network saw.

    `largest`: the largest magnitude in any of these maps and the predicted class's. `usual`: what it seldom exceeds for
    this release, method and stage; 0 if that was not measured.
    """

    pixels: UInt8[np.ndarray, "32 32 3"]
    cam: Cam
    names: tuple[str, ...]
    method: Method
    largest: float
    usual: float = 0.0

    @property
    def maps(self) -> Float[np.ndarray, "maps height width"]:
        return self.cam.maps.cpu().numpy()

    def scale(self, palette: str) -> Scale:
        """One colour scale for all explained classes. It reaches as far as such maps usually do, and further if one of
        these or the predicted class's own does, so that weak evidence looks weak."""
        extremes = np.array([self.largest, self.usual])
        return (
            signed_scale(extremes, self.method.unit)
            if self.method.signed
            else unsigned_scale(extremes, self.method.unit, palette)
        )

    def sentence(self) -> str:
        """What the maps say; a map of no class says it once."""
        sentences = (
            describe_cam(each, name if self.method.of_class else None, turned=turned, usual=self.usual)
            for each, name, turned in zip(self.maps, self.names, self.turned, strict=True)
        )
        return " ".join(dict.fromkeys(sentences))

    @property
    def turned(self) -> list[bool]:
        """Which maps show what speaks against their class: shares of a negative logit."""
        return [self.method.shares_logit and float(self.cam.logits[index]) < 0 for index in self.cam.class_indices]

    def overlays(self, style: Style) -> list[UInt8[np.ndarray, "320 320 3"]]:
        """The picture under each map."""
        scale = self.scale(style.palette)
        painted = (
            scale.paint(resize_map(each, INPUT_SIZE, smooth=style.smooth).numpy()) for each in self.cam.maps.cpu()
        )
        return [enlarge(overlay(self.pixels, colours, style.opacity), OVERLAY_FACTOR) for colours in painted]

    def cells(self, palette: str) -> UInt8[np.ndarray, "tall wide 3"]:
        """The maps at their own resolution, with titles and the legend."""
        panels = [self.cells_panel(number, palette) for number in range(len(self.names))]
        return draw_panels(panels, columns=len(panels))

    def cells_panel(self, number: int, palette: str = UNSIGNED_PALETTE) -> Panel:
        """One of the maps at its own resolution."""
        scale, values = self.scale(palette), self.maps[number]
        return Panel(enlarge(scale.paint(values), CELLS_SIDE // len(values)), self.titles()[number], scale)

    def titles(self) -> list[str]:
        """What each map is of."""
        if not self.method.of_class:
            return [f"{self.method.title}: no class has a say"] * len(self.names)
        pairs = zip(self.names, self.turned, strict=True)
        return [f"Evidence {'against' if turned else 'for'} {name}" for name, turned in pairs]

    def confidences(self, served: ServedRelease, top_k: float) -> dict[str, float]:
        probabilities = probabilities_of(self.cam.logits[None], served.network.config.temperature)[0]
        return top_classes(probabilities, served.class_names, top_k)


def asked_classes(class_name: str, against: str) -> tuple[str, ...]:
    """The classes that a question is about: one, and the one that it is compared with, if it is ("none": it is not)."""
    return (class_name,) if against == "none" else (class_name, against)


def explain_steps(served: ServedRelease, question: Question) -> Generator[float, None, Explanation]:
    """Yields the share of the work that is done, in [0, 1]; returns the explanation. A class is explained once.

    Raises ImageError or ChoiceError if the question has no answer.
    """
    method = method_named(question.method)
    pixels, images = served.look(question.image, question.squaring)
    wanted = class_indices_of(question.explained, served.class_names)
    if method.rule is None:
        cam = (yield from _maps_of_every_class(served, images, question)).of((*wanted, None))
    else:
        steps = class_activation_steps(served.network, images, question.layer, (*wanted, None), question.method)
        cam = yield from steps
    shown = cam.of(tuple(dict.fromkeys(cam.class_indices[:-1])))
    names = tuple(served.class_names[index] for index in shown.class_indices)
    usual = served.release.metrics.usual_strength(question.method, question.layer)
    return Explanation(pixels, shown, names, method, float(cam.maps.abs().max()), usual)


def _maps_of_every_class(
    served: ServedRelease, images: Float[Tensor, "1 3 32 32"], question: Question
) -> Generator[float, None, Cam]:
    """A method that runs the network again learns about all classes at once: asked about another one, or for another
    style, it need not run once more."""
    known = served.slow_answers((images.numpy(force=True).tobytes(), question.layer, question.method))
    if not known:
        every = tuple(range(len(served.class_names)))
        found = yield from class_activation_steps(served.network, images, question.layer, every, question.method)
        known.append(found)
    return known[0]


def explain(served: ServedRelease, question: Question) -> Explanation:
    """As `explain_steps`, all at once."""
    return finish(explain_steps(served, question))
