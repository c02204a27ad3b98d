"""What is enough for the network to say a class, and what is needed: the fewest cells of an image, checked by runs.

found = enough_and_needed(explainer, Question("cat.png"))
found.sentence(), found.enough.cells, found.needed.cells
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from interpret.attribution.cam import worth_of
from interpret.attribution.measured.masking import Sampling, cell_names, filling, showing
from interpret.attribution.measured.shapley import Measured
from interpret.attribution.measured.subsets import LIKELY, Cells, enough, needed
from interpret.attribution.steps import finish, share_of
from interpret.drawing.ledger import draw_ledger
from interpret.drawing.words import in_a_row
from interpret.explainer import Explainer
from interpret.explanation import Explanation, Question, explain_steps
from interpret.prediction import percent, predict
from model.images import to_pixels, to_tensor

METHOD = "shapley"
MOST_NAMED = 15
SAMPLED, SOUGHT = 0.6, 0.8  # shares of the work that are done when the worth is known, and what is enough


@dataclass(frozen=True)
class Trial:
    """Some cells, the image with only these shown (or erased), and what the network says of it."""

    cells: tuple[str, ...]
    pixels: UInt8[np.ndarray, "32 32 3"]
    class_name: str
    confidence: float

    def numbers(self) -> dict[str, Any]:
        """As JSON has it; the confidence is calibrated, in [0, 1]."""
        return {"cells": list(self.cells), "class": self.class_name, "confidence": self.confidence}


@dataclass(frozen=True)
class EnoughAndNeeded:
    """What each cell was measured to be worth to one class's score, what is `enough` and what is `needed` to say it.

    Either is None if no such set of cells, short of all, was found; nothing is needed for a class that is not said.
    """

    explanation: Explanation
    sampling: Sampling
    measured: Measured
    said: str  # of the whole image
    enough: Trial | None
    needed: Trial | None

    @property
    def class_name(self) -> str:
        return self.explanation.names[0]

    @cached_property
    def errors(self) -> Tensor | None:
        """Half-widths of the cells' 95% confidence intervals."""
        rows = self.measured.half_widths[list(self.explanation.cam.class_indices)]
        return torch.from_numpy(rows[0]).float().view(self.explanation.cam.maps[0].shape)

    def picture(self) -> UInt8[np.ndarray, "tall wide 3"]:
        """Every cell's worth in numbers, with the half-width of its 95% confidence interval."""
        title = f"Worth for {self.class_name}"
        return draw_ledger(self.explanation.cam.maps[0], self.explanation.scale(), title, errors=self.errors)

    def sentence(self) -> str:
        return f"{self._enough_sentence()} {self._needed_sentence()}"

    def _enough_sentence(self) -> str:
        most, name = self.sampling.side**2 - 1, self.class_name
        if self.enough is None:
            return f"**Enough:** no set of up to {most} cells that was tried makes it say {name}, {LIKELY:.0%} or more."
        said = f"{self.enough.class_name}, {percent(self.enough.confidence)}"
        if not self.enough.cells:
            return f"**Enough:** nothing; even of the blank picture it says {said}."
        still = "still " if self.said == name else ""
        return f"**Enough:** shown only {self._named(self.enough)} it {still}says {said}."

    def _needed_sentence(self) -> str:
        most, name = self.sampling.side**2 - 1, self.class_name
        if self.said != name:
            return f"**Needed:** it does not say {name} of the whole picture, but {self.said}."
        if self.needed is None:
            return f"**Needed:** whichever set of up to {most} cells was tried, without it it still says {name}."
        said = f"{self.needed.class_name}, {percent(self.needed.confidence)}"
        return f"**Needed:** without {self._named(self.needed)} it says {said}."

    def _named(self, trial: Trial) -> str:
        if len(trial.cells) > MOST_NAMED:
            return f"{len(trial.cells)} of the {self.sampling.side**2} cells"
        return in_a_row(trial.cells)

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it; values and errors in logits, NaN as null."""
        errors = self.explanation.standard_errors
        index = self.explanation.cam.class_indices[0]
        return {
            "class": self.class_name,
            "cells": self.explanation.cam.maps[0].tolist(),
            "standard_errors": None if errors is None else errors[0].tolist(),
            "score": float(self.explanation.cam.logits[index]),
            "blank_score": float(self.measured.blank[index]),
            "orders": self.sampling.orders,
            "seed": self.sampling.seed,
            "grid": self.sampling.grid,
            "fill": self.sampling.fill,
            "runs": len(self.measured.shown),
            "enough": self.enough and self.enough.numbers(),
            "needed": self.needed and self.needed.numbers(),
        }


def enough_and_needed(explainer: Explainer, question: Question) -> EnoughAndNeeded:
    """For the first class in question, by measured Shapley values, whatever method the question names.

    Raises ImageError or ChoiceError if the question has no answer.
    """
    return finish(enough_and_needed_steps(explainer, question))


def enough_and_needed_steps(explainer: Explainer, question: Question) -> Generator[float, None, EnoughAndNeeded]:
    """As `enough_and_needed`, but yields about what share of the work is done, in [0, 1], and returns the answer."""
    asked = replace(question, class_names=question.class_names[:1], method=METHOD)
    explanation = yield from share_of(explain_steps(explainer, asked), 0.0, SAMPLED)
    measured, network = explanation.cam.measured, explainer.network
    assert measured is not None
    image = to_tensor(explanation.pixels[None]).to(explainer.device)
    worth, index = worth_of(network, image, asked.sampling.fill), explanation.cam.class_indices[0]
    said = explainer.class_names[int(explanation.cam.logits.argmax())]
    few = yield from share_of(enough(worth, measured, index, network.config.temperature), SAMPLED, SOUGHT)
    missing = None
    if said == explanation.names[0]:
        missing = yield from share_of(needed(worth, measured, index), SOUGHT, 1.0)

    def tried(cells: Cells | None, shown: Cells | None) -> Trial | None:
        if cells is None or shown is None:
            return None
        changed = showing(image, filling(network, image, asked.sampling.fill), shown[None])
        names = np.array(cell_names(asked.sampling.side))[cells]
        _, probabilities = predict(network, changed)
        best = int(probabilities[0].argmax())
        return Trial(
            tuple(names.tolist()), to_pixels(changed), explainer.class_names[best], float(probabilities[0, best])
        )

    trials = tried(few, few), tried(missing, None if missing is None else ~missing)
    return EnoughAndNeeded(explanation, asked.sampling, measured, said, *trials)
