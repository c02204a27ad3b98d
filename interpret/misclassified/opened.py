"""One misclassified test image, opened: what the network said, why, what people said, and what it looks like to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.evidence import LAST_STAGE, METHOD_OF_CREDIT, SHARED, Evidence, evidence_cells
from interpret.attribution.last_stage import last_stage
from interpret.drawing.text import two_decimals
from interpret.drawing.words import counted
from interpret.explainer import Explainer
from interpret.ledger import Ledger
from interpret.misclassified.selection import Errors
from interpret.prediction import percent
from model.images import to_tensor
from model.samples import ANSWERS, NearestTraining

NO_NEAREST = "This release holds no nearest training pictures."


@dataclass(frozen=True)
class OpenedError:
    """An error by its row; `ledger` is the signed map of the margin, predicted minus true class; it adds up to it."""

    errors: Errors
    row: int
    ledger: Ledger
    nearest: NearestTraining | None

    @property
    def margin(self) -> float:
        """By how much the predicted class leads, in logits, computed for this image alone: the ledger's own sum. (The
        stored one was computed in a batch, and differs by float32's rounding.)"""
        logits = self.ledger.evidence.logits
        return float(logits[self.ledger.class_index] - logits[self.ledger.against_index])

    @property
    def pixels(self) -> UInt8[np.ndarray, "32 32 3"]:
        return self.errors.samples.images[self.row]

    @property
    def test_index(self) -> int:
        return int(self.errors.samples.test_indices[self.row])

    @property
    def true_label(self) -> str:
        return self.errors.class_names[self.errors.samples.labels[self.row]]

    @property
    def predicted_label(self) -> str:
        return self.errors.class_names[self.errors.samples.predictions[self.row]]

    def confidences(self) -> dict[str, float]:
        """The stored probabilities by class."""
        probabilities = self.errors.samples.probabilities[self.row].tolist()
        return dict(zip(self.errors.class_names, probabilities, strict=True))

    def neighbours(self) -> list[tuple[UInt8[np.ndarray, "32 32 3"], str]]:
        """The nearest training images with captions, nearest first; none if the release does not hold them."""
        if self.nearest is None:
            return []
        names, near = self.errors.class_names, self.nearest
        each = zip(near.images[self.row], near.labels[self.row], near.distances[self.row], strict=True)
        return [(image, f"{names[label]}, distance {distance:.1f}") for image, label, distance in each]

    def sentence(self) -> str:
        """What it is, what it was taken for and by how much, what people said, and what it is like."""
        confidence = percent(self.confidences()[self.predicted_label])
        verdict = self.errors.verdicts.in_words(
            self.row, self.errors.class_names, int(self.errors.samples.labels[self.row])
        )
        return (
            f"Test picture {self.test_index:,} is labelled {self.true_label} and taken for {self.predicted_label} "
            f"({confidence}), which leads by {two_decimals(self.margin)} logits. {verdict} "
            f"{self._likeness()}"
        )

    def _likeness(self) -> str:
        if self.nearest is None:
            return NO_NEAREST
        labels = [self.errors.class_names[label] for label in self.nearest.labels[self.row]]
        return f"Its {len(labels)} nearest training pictures are labelled {counted(labels)}."

    def numbers(self) -> dict[str, Any]:
        """Everything in numbers, as JSON has it; `votes` and `nearest` are null where they are not known."""
        verdicts, near, row = self.errors.verdicts, self.nearest, self.row
        votes = dict(zip(ANSWERS, verdicts.votes[row].tolist(), strict=True))
        return {
            "test_index": self.test_index,
            "true_label": self.true_label,
            "predicted_label": self.predicted_label,
            "probabilities": self.confidences(),
            "margin": self.margin,
            "loss": float(self.errors.losses[row]),
            "cells": self.ledger.cells.tolist(),
            "verdict": str(verdicts.names[row]),
            "votes": votes if verdicts.reviewed[row] else None,
            "other_class": self.errors.class_names[verdicts.others[row]] if verdicts.reviewed[row] else None,
            "nearest": None
            if near is None
            else [
                {"train_index": int(index), "label": self.errors.class_names[label], "distance": float(distance)}
                for index, label, distance in zip(
                    near.train_indices[row], near.labels[row], near.distances[row], strict=True
                )
            ],
        }


def open_error(explainer: Explainer, errors: Errors, test_index: int | float) -> OpenedError:
    """The error of a test image. Raises ChoiceError if it is not among them."""
    row, release = errors.row_of(test_index), explainer.release
    images = to_tensor(errors.samples.images[row : row + 1]).to(explainer.device)
    one, other = int(errors.samples.predictions[row]), int(errors.samples.labels[row])
    usual = release.metrics.usual_strength(METHOD_OF_CREDIT[SHARED], LAST_STAGE)
    found = _precise_evidence(explainer, images)
    return OpenedError(errors, row, Ledger(found, errors.class_names, one, other, SHARED, usual), release.nearest)


def _precise_evidence(explainer: Explainer, images: Float[Tensor, "1 3 32 32"]) -> Evidence:
    """The evidence with the network's head in float64: a close call's margin is a small difference of two logits."""
    with torch.inference_mode():
        activations = last_stage(explainer.network, images).double()
        logits = activations.amax(dim=(2, 3)) @ explainer.network.fc.weight.double().T
        return Evidence(logits[0], evidence_cells(explainer.network, activations)[0])
