"""An explanation without a page: a question about an image, and the maps, pictures and sentences that answer it.

explanation = explain(explainer, Question("cat.png", class_names=("cat", "dog"), method="hires_cam"))
explanation.maps, explanation.sentence(), explanation.overlays(Style(opacity=0.7))
"""

from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import Cam, class_activation_steps, class_indices_of, resize_map
from interpret.attribution.erasing import CELL_NAMES, GRID
from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.attribution.methods import DEFAULT_METHOD, Method, method_named
from interpret.attribution.steps import finish
from interpret.choices import check_name
from interpret.drawing.render import Panel, draw_panels, enlarge, overlay, write_names
from interpret.drawing.scales import UNSIGNED_PALETTE, Scale, signed_scale, unsigned_scale
from interpret.drawing.words import describe_balance, describe_cam, describe_measured_balance
from interpret.explainer import Explainer, ImageSource
from interpret.prediction import probabilities_of, top_classes
from model.network import STAGE_NAMES, NetworkConfig

PREDICTED, NO_CLASS = "predicted", "none"
TOP_K = 3
OVERLAY_FACTOR = 10
CELLS_SIDE = 288


def usual_top_k(class_names: tuple[str, ...]) -> int:
    """How many classes are listed unless somebody asks for another number."""
    return min(TOP_K, len(class_names))


@dataclass(frozen=True)
class Question:
    """What to explain: an image's score for some classes ("predicted" or a name), at a layer, by a method.

    A layer is one of the network's stages, named as in `model.network.STAGES`. Methods that erase cells of the image do
    so as `sampling` says, and give the same map for every layer.
    """

    image: ImageSource
    resize_mode: str = "crop"
    layer: str = STAGE_NAMES[-1]
    class_names: tuple[str, ...] = (PREDICTED,)
    method: str = DEFAULT_METHOD
    sampling: Sampling = USUAL_SAMPLING


@dataclass(frozen=True)
class Style:
    """How to show it: opacity of the overlay in [0, 1], cells or smoothed, and the palette of unsigned maps."""

    opacity: int | float = 0.5
    smooth: bool = False
    palette: str = UNSIGNED_PALETTE


@dataclass(frozen=True)
class Explanation:
    """Maps of the explained classes, the prediction, and the pixels that the network saw.

    `largest`: the largest magnitude in any of these maps and in the predicted class's. `usual`: what it seldom exceeds
    for this release, method and layer; 0 if that was not measured.
    """

    pixels: UInt8[np.ndarray, "32 32 3"]
    cam: Cam
    names: tuple[str, ...]
    method: Method
    config: NetworkConfig
    largest: float
    usual: float = 0.0
    layer: str = Question.layer

    @property
    def maps(self) -> Float[np.ndarray, "maps height width"]:
        return self.cam.maps.cpu().numpy()

    @property
    def standard_errors(self) -> Float[np.ndarray, "maps height width"] | None:
        """Of the maps' cells, in logits; None if nothing was sampled, or too little to tell."""
        errors = self.cam.standard_errors
        return None if errors is None or bool(errors.isnan().any()) else errors.cpu().numpy()

    @property
    def probabilities(self) -> Float[Tensor, "classes"]:
        """Calibrated; they sum to 1."""
        return probabilities_of(self.cam.logits[None], self.config.temperature)[0]

    def confidences(self, top_k: int | float | None = None) -> dict[str, float]:
        """The `top_k` most probable classes (None: `usual_top_k`), with their probabilities.

        Raises ChoiceError if there are not that many.
        """
        names = self.config.class_names
        return top_classes(self.probabilities, names, usual_top_k(names) if top_k is None else top_k)

    @property
    def turned(self) -> list[bool]:
        """Which maps show what speaks against their class: shares of a negative logit."""
        return [self.method.shares_logit and float(self.cam.logits[index]) < 0 for index in self.cam.class_indices]

    def sentence(self) -> str:
        """What the maps say; a map of no class says it once."""
        sentences = (
            describe_cam(each, name if self.method.of_class else None, turned=turned, usual=self.usual)
            for each, name, turned in zip(self.maps, self.names, self.turned, strict=True)
        )
        return " ".join(dict.fromkeys(sentences))

    def balances(self) -> list[str]:
        """For each explained class, what the cells add up to and what is missing from the score, in a sentence."""
        sentences = []
        for number, name in enumerate(self.names):
            found = self.balance(number)
            cells, score = found["cells"], found["score"]
            if self.method.of_pixels:
                sentences.append(describe_measured_balance(name, self.method, cells, found["blank"], score))
            else:
                sentences.append(describe_balance(name, self.method, self.layer, cells, score))
        return sentences

    def balance(self, number: int) -> dict[str, float]:
        """What the score of an explained class is made of, in logits: what the `cells` add up to, and what the
        `constants` of later layers add; or, if cells were erased, what those of this map add up to, and the `blank`
        picture's score."""
        index, sums, measured = self.cam.class_indices[number], self.cam.gradient_sums, self.cam.measured
        score = float(self.cam.logits[index])
        if measured is not None:
            return {"score": score, "cells": float(self.maps[number].sum()), "blank": float(measured.blank[index])}
        assert sums is not None
        return {"score": score, "cells": float(sums[number]), "constants": score - float(sums[number])}

    def measurement(self, number: int, sampling: Sampling) -> dict[str, Any] | None:
        """How one of the maps was measured by erasing, and its cells' standard errors, as JSON has it; else None.

        Null stands for what was not sampled: `orders` and `seed`, or too few orders to tell an error.
        """
        if self.cam.measured is None:
            return None
        errors, runs = self.standard_errors, len(self.cam.measured.shown)
        said = asdict(sampling) | ({} if self.cam.measured.pairs else {"orders": None, "seed": None})
        return said | {"runs": runs, "standard_errors": None if errors is None else errors[number].tolist()}

    def titles(self) -> list[str]:
        """What each map is of."""
        if not self.method.of_class:
            return [f"{self.method.title}: no class has a say"] * len(self.names)
        pairs = zip(self.names, self.turned, strict=True)
        return [f"Evidence {'against' if turned else 'for'} {name}" for name, turned in pairs]

    def scale(self, palette: str = UNSIGNED_PALETTE) -> Scale:
        """One colour scale for all explained classes.

        It reaches as far as such maps usually do, so that weak evidence looks weak; further if one of these maps, or
        the predicted class's, is stronger.
        """
        extremes = np.array([self.largest, self.usual])
        if self.method.signed:
            return signed_scale(extremes, self.method.unit)
        return unsigned_scale(extremes, self.method.unit, palette)

    def overlays(self, style: Style) -> list[UInt8[np.ndarray, "320 320 3"]]:
        """The enlarged image under each map."""
        return [enlarge(each, OVERLAY_FACTOR) for each in self.overlays_on(self.pixels, style)]

    def overlays_on(
        self, pixels: UInt8[np.ndarray, "side side 3"], style: Style
    ) -> list[UInt8[np.ndarray, "side side 3"]]:
        """Each map on the image at this resolution. Raises ChoiceError for an opacity outside [0, 1]."""
        scale = self.scale(style.palette)
        resized = (resize_map(each, len(pixels), smooth=style.smooth).numpy() for each in self.cam.maps.cpu())
        return [overlay(pixels, scale.paint(values), style.opacity) for values in resized]

    def cells(self, palette: str = UNSIGNED_PALETTE) -> UInt8[np.ndarray, "tall wide 3"]:
        """The maps at their own resolution, with titles and legends; of a method that samples, with standard errors."""
        panels = [self.cells_panel(number, palette) for number in range(len(self.names))]
        if (errors := self.standard_errors) is not None:
            scale = unsigned_scale(errors, "logits, standard error", palette)
            panels += [
                Panel(enlarge(scale.paint(each), CELLS_SIDE // len(each)), f"Standard errors: {name}", scale)
                for each, name in zip(errors, self.names, strict=True)
            ]
        return draw_panels(panels, columns=min(2, len(panels)))

    def cells_panel(self, number: int, palette: str = UNSIGNED_PALETTE) -> Panel:
        """One of the maps at its own resolution; cells that sentences name are named."""
        scale, values = self.scale(palette), self.maps[number]
        pixels = enlarge(scale.paint(values), CELLS_SIDE // len(values))
        if len(values) == GRID:
            pixels = write_names(pixels, CELL_NAMES)
        return Panel(pixels, self.titles()[number], scale)


def classes_in_question(class_name: str, against: str) -> tuple[str, ...]:
    """One class, and the one that it is compared with unless that is "none"."""
    return (class_name,) if against == NO_CLASS else (class_name, against)


def explain(explainer: Explainer, question: Question) -> Explanation:
    """The answer. A class that is named twice is explained once.

    Raises ImageError or ChoiceError if the question has no answer.
    """
    return finish(explain_steps(explainer, question))


def explain_steps(explainer: Explainer, question: Question) -> Generator[float, None, Explanation]:
    """As `explain`, but yields the share of the work that is done, in [0, 1], and returns the explanation."""
    method = method_named(question.method)
    layer = STAGE_NAMES[-1] if method.of_pixels else check_name("layer", question.layer, STAGE_NAMES)
    asked = replace(question, layer=layer, sampling=used_sampling(method, question.sampling))
    pixels, images = explainer.preprocess(asked.image, asked.resize_mode)
    wanted = (*class_indices_of(asked.class_names, explainer.class_names), None)
    if method.rule is None:
        cam = (yield from _maps_of_every_class(explainer, images, asked)).of(wanted)
    else:
        cam = yield from class_activation_steps(explainer.network, images, layer, wanted, asked.method)
    shown = cam.of(tuple(dict.fromkeys(cam.class_indices[:-1])))
    names = tuple(explainer.class_names[index] for index in shown.class_indices)
    # How strong maps usually are was measured with the usual sampling.
    usual = (
        explainer.release.metrics.usual_strength(asked.method, layer)
        if (asked.sampling.grid, asked.sampling.fill) == (USUAL_SAMPLING.grid, USUAL_SAMPLING.fill)
        else 0.0
    )
    largest = float(cam.maps.abs().max())
    return Explanation(pixels, shown, names, method, explainer.network.config, largest, usual, layer)


def used_sampling(method: Method, sampling: Sampling) -> Sampling:
    """What of it the method depends on; the rest as usual, so that it makes no other question of the same one."""
    if method.name == "occlusion":
        return replace(sampling, orders=USUAL_SAMPLING.orders, seed=USUAL_SAMPLING.seed)
    return sampling if method.of_pixels else USUAL_SAMPLING


def _maps_of_every_class(
    explainer: Explainer, images: Float[Tensor, "1 3 32 32"], question: Question
) -> Generator[float, None, Cam]:
    """A method that runs the network again learns about all classes at once. Asked about another class, or for another
    style, it need not run once more."""
    known = explainer.slow_answers(
        (images.numpy(force=True).tobytes(), question.layer, question.method, question.sampling)
    )
    if not known:
        yield 0.0  # who asked the same before may have found it by the next step
    if not known:
        every = tuple(range(len(explainer.class_names)))
        found = yield from class_activation_steps(
            explainer.network, images, question.layer, every, question.method, question.sampling
        )
        known.append(found)
    return known[0]
