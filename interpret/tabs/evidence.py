"""The evidence ledger on the GradCAM tab: what each cell adds to every class's score, and what erasing it does."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from torch import Tensor

from interpret.cam import class_indices_of
from interpret.erasing import CELL_NAMES, FILLS, GRID, Erased, erase
from interpret.evidence import Evidence, evidence
from interpret.prediction import probabilities_of
from interpret.render import Panel, draw_panels, enlarge, panel_origin, two_decimals, write_numbers
from interpret.scales import Scale, signed_scale
from interpret.tabs.look import result_picture
from interpret.tabs.picture import PicturePanel
from interpret.tabs.served import MODEL_QUEUE, PRIVATE, ServedRelease, latest_wins
from interpret.words import describe_evidence, percent

UNIT = "logits"
LEDGER_FACTOR, CLASS_FACTOR, CLASS_COLUMNS, ERASED_FACTOR = 72, 32, 3, 8
ERASED_COLUMNS = ["class", "predicted change", "measured change", "score before", "score after"]


def draw_ledger(cells: Tensor, scale: Scale, title: str) -> np.ndarray:
    """Sixteen cells with their values in numbers."""
    values = cells.cpu().numpy()
    pixels = write_numbers(enlarge(scale.paint(values), LEDGER_FACTOR), values, CELL_NAMES)
    return draw_panels([Panel(pixels, title, scale)])


def draw_classes(found: Evidence, scale: Scale, class_names: tuple[str, ...]) -> np.ndarray:
    """Every class's cells on one scale, the highest score first."""
    order = found.logits.argsort(descending=True).tolist()
    panels = [
        Panel(
            enlarge(scale.paint(found.cells[index].cpu().numpy()), CLASS_FACTOR),
            f"{class_names[index]} {two_decimals(float(found.logits[index]))}",
        )
        for index in order
    ]
    return draw_panels(panels, columns=CLASS_COLUMNS, legend=scale)


def evidence_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/evidence`."""

    @served.answers_on_gpu
    def show_evidence(
        image: str | None, class_name: str = "predicted", against: str = "none", squaring: str = "crop"
    ) -> tuple[np.ndarray, np.ndarray, str, dict[str, Any]]:
        """What each of sixteen cells adds to the scores (logits), exactly: the cells add up to the score.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            class_name: the class to explain, or "predicted".
            against: a second class; the cells then add up to the lead of the first one's score over it. Or "none".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
        Returns:
            The ledger; the ledgers of all classes on the same colour scale; a sentence; and the numbers: class,
            against, cells (4 rows of 4, in logits), their sum, every class's logit, and the release.
        """
        _, images = served.look(image, squaring)
        wanted = class_indices_of((class_name,) if against == "none" else (class_name, against), served.class_names)
        found = evidence(served.network, images)
        one, *rest = (int(found.logits.argmax()) if index is None else index for index in wanted)
        other = rest[0] if rest and rest[0] != one else None
        cells = found.cells[one] if other is None else found.margin(one, other)
        names = served.class_names
        name, opponent = names[one], None if other is None else names[other]
        scale = signed_scale(np.append(found.cells.cpu().numpy(), cells.cpu().numpy()), UNIT)
        title = f"Evidence for {name}" + (f" rather than {opponent}" if opponent else "")
        numbers = {
            "class": name,
            "against": opponent,
            "cells": cells.tolist(),
            "sum": float(cells.sum()),
            "logits": dict(zip(names, found.logits.tolist(), strict=True)),
            "release": served.release.identifier,
        }
        sentence = describe_evidence(cells.cpu().numpy(), name, opponent)
        return draw_ledger(cells, scale, title), draw_classes(found, scale, names), sentence, numbers

    return show_evidence


def erase_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/erase`."""

    @served.answers_on_gpu
    def erase_cells(
        image: str | None,
        cells: list[str],
        fill: str = "mean",
        class_name: str = "predicted",
        squaring: str = "crop",
    ) -> tuple[np.ndarray, list[list[Any]], str]:
        """Erases parts of a picture: how the scores change, as the evidence predicts it and as measured.

        Parameters:
            image: the picture, of any size; the network sees 32x32 pixels of it.
            cells: which of the sixteen squares to erase: A1 to D4, letters across, numbers down.
            fill: "mean", the training pictures' mean colour, or "blur", the picture itself, blurred.
            class_name: the class that the sentence is about, or "predicted".
            squaring: "crop" to the centred square, or "fit" the whole picture on white.
        Returns:
            What is left of the picture; a table of each class's predicted and measured change and its scores, in
            logits; a sentence.
        """
        (wanted,) = class_indices_of((class_name,), served.class_names)
        pixels = served.pixels(image, squaring)
        result = erase(served.network, pixels, tuple(cells), fill)
        index = int(result.before.argmax()) if wanted is None else wanted
        columns = (result.predicted, result.measured, result.before, result.after)
        rows = [
            [served.class_names[row], *(round(float(column[row]), 3) for column in columns)]
            for row in result.before.argsort(descending=True).tolist()
        ]
        return enlarge(result.pixels, ERASED_FACTOR), rows, _erased_sentence(served, result, index, tuple(cells))

    return erase_cells


def _erased_sentence(served: ServedRelease, result: Erased, index: int, cells: tuple[str, ...]) -> str:
    if not cells:
        return "Nothing is erased yet: click a cell of the ledger, or tick one."
    names, temperature = served.class_names, served.network.config.temperature
    predicted, measured = (two_decimals(float(each[index])) for each in (result.predicted, result.measured))
    before, after = (probabilities_of(each[None], temperature)[0] for each in (result.before, result.after))
    best = int(after.argmax())
    verdict = "still" if best == int(before.argmax()) else "now"
    return (
        f"Without {', '.join(sorted(cells))} the score of {names[index]} should change by {predicted} logits, and does "
        f"by {measured}; the network {verdict} says {names[best]} ({percent(float(after[best]))})."
    )


def evidence_section(served: ServedRelease, panel: PicturePanel, explained: gr.Dropdown, against: gr.Dropdown) -> None:
    """Builds the section and its endpoints `/evidence` and `/erase`."""
    sentence = gr.Markdown(elem_classes="answer", elem_id="evidence-sentence")
    with gr.Row():
        ledger = result_picture("Sixteen cells that add up to the score: click one to erase it", "ledger", chart=True)
        classes = result_picture("All ten classes on the same scale", "ledger-classes", chart=True)
    with gr.Row():
        with gr.Column(scale=1, min_width=240):
            cells = gr.CheckboxGroup(
                list(CELL_NAMES), value=[], label="Check it yourself: erase cells", elem_id="erase-cells"
            )
            fills = gr.Radio([("mean colour", "mean"), ("blur", "blur")], value=FILLS[0], label="Fill with")
        with gr.Column(scale=2, min_width=280):
            outcome = gr.Markdown(elem_id="erased-sentence")
            left = result_picture("What is left", "erased-picture")
    with gr.Accordion("The change of every score, in logits", open=False):
        table = gr.Dataframe(headers=ERASED_COLUMNS, interactive=False, wrap=True, elem_id="erased-table")
    with gr.Accordion("The ledger in numbers", open=False):
        numbers = gr.JSON(show_label=False)
    latest_wins(
        [panel.seen.change, explained.change, against.change],
        evidence_endpoint(served),
        [panel.picture, explained, against, panel.squaring],
        [ledger, classes, sentence, numbers],
        api_name="evidence",
        **MODEL_QUEUE,
    )
    latest_wins(
        [panel.seen.change, cells.change, fills.change, explained.change],
        erase_endpoint(served),
        [panel.picture, cells, fills, explained, panel.squaring],
        [left, table, outcome],
        api_name="erase",
        **MODEL_QUEUE,
    )
    ledger.select(toggle_cell, cells, cells, **PRIVATE)


def cell_at(x: int, y: int) -> str | None:
    """The cell at a pixel of the ledger's picture."""
    left, top = panel_origin(GRID * LEDGER_FACTOR)
    column, row = (x - left) // LEDGER_FACTOR, (y - top) // LEDGER_FACTOR
    return CELL_NAMES[row * GRID + column] if 0 <= column < GRID and 0 <= row < GRID else None


def toggle_cell(cells: list[str], event: gr.SelectData) -> list[str]:
    """Erases the cell that was clicked on the ledger, or brings it back."""
    x, y = event.index
    name = cell_at(x, y)
    if name is None:
        return cells
    return [each for each in cells if each != name] if name in cells else [*cells, name]
