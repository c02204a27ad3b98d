"""The evidence ledger of an image: sixteen cells that add up to a class's score, or to its lead over another class.

ledger = ledger_of(explainer, "cat.png", class_names=("cat", "dog"))
ledger.cells.sum()  # cat's lead over dog, in logits
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import class_indices_of, one_and_other
from interpret.attribution.evidence import LAST_STAGE, METHOD_OF_CREDIT, SHARED, Evidence, evidence
from interpret.drawing.ledger import UNIT, draw_classes, draw_ledger
from interpret.drawing.scales import Scale, signed_scale
from interpret.drawing.words import describe_evidence
from interpret.explainer import Explainer, ImageSource
from interpret.explanation import PREDICTED, Question


@dataclass(frozen=True)
class Ledger:
    """All classes' evidence, and which class it is read for, rather than which other one (None: than no other).

    `usual`: what the strongest cell seldom exceeds for this release, in logits; 0 if that was not measured.
    """

    evidence: Evidence
    class_names: tuple[str, ...]
    class_index: int
    against_index: int | None
    credit: str = SHARED
    usual: float = 0.0

    @property
    def cells(self) -> Float[Tensor, "4 4"]:
        """Signed, in logits; they add up to the score, or to the lead."""
        if self.against_index is None:
            return self.evidence.cells[self.class_index]
        return self.evidence.margin(self.class_index, self.against_index)

    @property
    def class_name(self) -> str:
        return self.class_names[self.class_index]

    @property
    def against(self) -> str | None:
        return None if self.against_index is None else self.class_names[self.against_index]

    @property
    def scale(self) -> Scale:
        """Symmetric; one for all classes. It reaches as far as cells usually do, and further if one of these does."""
        strongest = (self.evidence.cells.abs().max(), self.cells.abs().max(), self.usual)
        return signed_scale(np.array([float(each) for each in strongest]), UNIT)

    def picture(self, *, smooth: bool = False) -> UInt8[np.ndarray, "tall wide 3"]:
        """The cells with their numbers; `smooth` interpolates the colours between them."""
        title = f"Evidence for {self.class_name}" + (f" rather than {self.against}" if self.against else "")
        return draw_ledger(self.cells, self.scale, title, smooth=smooth)

    def picture_of_classes(self, *, smooth: bool = False) -> UInt8[np.ndarray, "tall wide 3"]:
        """Every class's cells on the same scale, the highest score first."""
        return draw_classes(self.evidence, self.scale, self.class_names, smooth=smooth)

    def sentence(self) -> str:
        """What the cells add up to, what speaks against it, and where most of the evidence is."""
        return describe_evidence(self.cells.cpu().numpy(), self.class_name, self.against)

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it: class, against, cells, their sum, every class's logit, credit."""
        return {
            "class": self.class_name,
            "against": self.against,
            "cells": self.cells.tolist(),
            "sum": float(self.cells.sum()),
            "logits": dict(zip(self.class_names, self.evidence.logits.tolist(), strict=True)),
            "credit": self.credit,
        }


def ledger_of(
    explainer: Explainer,
    image: ImageSource,
    resize_mode: str = Question.resize_mode,
    class_names: tuple[str, ...] = (PREDICTED,),
    credit: str = SHARED,
) -> Ledger:
    """The ledger for one class, or for the first of two rather than the second; `credit` as in
    `interpret.attribution.evidence`.

    A class is not held against itself. Raises ImageError or ChoiceError if there is no such image, class or credit.
    """
    _, images = explainer.preprocess(image, resize_mode)
    wanted = class_indices_of(class_names, explainer.class_names)
    found = evidence(explainer.network, images, credit)
    one, against = one_and_other(wanted, found.logits)
    usual = explainer.release.metrics.usual_strength(METHOD_OF_CREDIT[credit], LAST_STAGE)
    return Ledger(found, explainer.class_names, one, against, credit, usual)
