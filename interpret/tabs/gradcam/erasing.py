"""Check it yourself, on the GradCAM tab: erase cells or brush over pixels; do the scores do as predicted?"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np

from interpret.attribution.cam import class_indices_of, one_and_other
from interpret.attribution.erasing import (
    CELL_NAMES,
    FOUR_RANDOM,
    FOUR_STRONGEST,
    Erased,
    brushed_mask,
    cell_mask,
    erase,
    pixel_mask,
)
from interpret.attribution.evidence import SHARED
from interpret.attribution.measured.masking import FILLS
from interpret.drawing.ledger import cell_at
from interpret.drawing.render import enlarge
from interpret.drawing.text import two_decimals
from interpret.drawing.words import in_a_row
from interpret.explanation import NO_CLASS, PREDICTED, Question, classes_in_question
from interpret.prediction import percent, probabilities_of
from interpret.tabs.page.components.inputs import CheckboxGroup, Radio, brush_on, picture_brush
from interpret.tabs.page.components.results import result_picture
from interpret.tabs.page.events import MODEL_QUEUE, PRIVATE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import script
from model.metrics import ErasingFigures

ERASED_FACTOR = 8
ERASED_COLUMNS = ["class", "predicted change", "measured change", "score before", "score after"]


def erase_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/erase`."""

    @served.answers_on_gpu
    def erase_cells(
        image: str | None,
        cells: Sequence[str] = (),
        fill: str = FILLS[0],
        class_name: str = PREDICTED,
        squaring: str = Question.resize_mode,
        brushed: str = "",
        against: str = NO_CLASS,
        credit: str = SHARED,
    ) -> tuple[np.ndarray, list[list[Any]], str]:
        """Erases parts of a picture: how the scores change, as the evidence predicts it and as measured.

        Parameters:
            cells: which of the sixteen squares to erase: A1 to D4, letters across, numbers down.
            fill: "mean", the training pictures' mean colour, or "blur", the picture itself, blurred.
            class_name: the class that the sentence is about, or "predicted".
            brushed: further pixels to erase: 256 hexadecimal digits, as numpy.packbits(mask).tobytes().hex() gives.
            against: a second class; the sentence is then about the lead of the first one's score over it. Or "none".
            credit: what predicts the change, the ledger with "shared" credit or with all to the "strongest" cell.
        Returns:
            What is left of the picture; a table of each class's predicted and measured change and its scores, in
            logits; a sentence.
        """
        wanted = class_indices_of(classes_in_question(class_name, against), served.class_names)
        pixels = served.explainer.pixels(chosen(image), squaring)
        by_cell, by_brush = pixel_mask(cell_mask(tuple(cells))), brushed_mask(brushed)
        result = erase(served.explainer.network, pixels, by_cell | by_brush, fill, credit)
        classes = one_and_other(wanted, result.before)
        sentence = _sentence(served, result, classes, erased_words(cells, int((by_brush & ~by_cell).sum())))
        return enlarge(result.pixels, ERASED_FACTOR), _rows(served, result), sentence

    return erase_cells


def _rows(served: ServedRelease, result: Erased) -> list[list[Any]]:
    """ERASED_COLUMNS for each class, the highest score first."""
    columns = (result.predicted, result.measured, result.before, result.after)
    return [
        [served.class_names[row], *(round(float(column[row]), 3) for column in columns)]
        for row in result.before.argsort(descending=True).tolist()
    ]


def erased_words(cells: Sequence[str], brushed: int) -> str:
    """What is erased; nothing is an empty text."""
    pixels = f"{brushed} brushed pixel{'' if brushed == 1 else 's'}" if brushed else ""
    parts = [*sorted(cells), *([pixels] if pixels else [])]
    return in_a_row(parts) if parts else ""


def _sentence(served: ServedRelease, result: Erased, classes: tuple[int, int | None], what: str) -> str:
    if not what:
        return "Nothing is erased yet: click a cell of the ledger, tick one, or brush over the picture."
    names, temperature = served.class_names, served.release.config.temperature
    one, other = classes
    changes = (each[one] - (0 if other is None else each[other]) for each in (result.predicted, result.measured))
    predicted, measured = (two_decimals(float(change), plus=True) for change in changes)
    subject = f"score of {names[one]}" if other is None else f"lead of {names[one]} over {names[other]}"
    before, after = (probabilities_of(each[None], temperature)[0] for each in (result.before, result.after))
    best = int(after.argmax())
    verdict = "still" if best == int(before.argmax()) else "now"
    return (
        f"Without {what} the {subject} would change by {predicted} logits by the ledger; it changes "
        f"by {measured}, and the network {verdict} says {names[best]} ({percent(float(after[best]))})."
    )


def how_far_to_trust(figures: ErasingFigures | None) -> str:
    """What erasing came to on many pictures, where the release says so of the mean colour."""
    found, sets = figures.fills.get(FILLS[0]) if figures else None, (FOUR_STRONGEST, FOUR_RANDOM)
    if figures is None or found is None or not set(sets) <= found.falls.keys() & found.changes.keys():
        return "How well the ledger predicts erasing was not measured for this release."
    falls, random_falls = (f"{found.falls[name]:.0%}" for name in sets)
    change, random_change = (two_decimals(found.changes[name], plus=True) for name in sets)
    return (
        f"On {figures.count:,} test pictures, erasing the four cells that speak most for the class lowered its score "
        f"in {falls} (on average {change} logits), four random ones in {random_falls} ({random_change}). For single "
        f"cells the ledger is a poor prophet: correlation {found.correlation[0]:.2f}."
    )


def erasing_section(
    served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings, ledger: gr.Image
) -> None:
    """Builds the section and its endpoint `/erase`; a click on a cell of the `ledger` erases it."""
    trust = how_far_to_trust(served.release.metrics.erasing)
    gr.Markdown(
        "**Check it yourself:** erase what the ledger calls important, and see what the score does. The ledger says "
        "where the last layer *holds* the evidence; each of its cells has seen more than its own square of the "
        f"picture, so erasing that square may take less, or change other cells. {trust}"
    )
    with gr.Row():
        with gr.Column(scale=1, min_width=240):
            brush = picture_brush()
            cells = CheckboxGroup(list(CELL_NAMES), value=[], label="Erase cells", elem_id="erase-cells")
            fills = Radio([("mean colour", "mean"), ("blur", "blur")], value=FILLS[0], label="Fill with")
        with gr.Column(scale=2, min_width=280):
            outcome = gr.Markdown(elem_id="erased-sentence")
            left = result_picture("What is left", "erased-picture")
    with gr.Accordion("The change of every score, in logits", open=False):
        table = gr.Dataframe(headers=ERASED_COLUMNS, interactive=False, wrap=True, elem_id="erased-table")
    # What was erased belongs to the picture before.
    nothing = script("empty", values=["", []], button=None, stop=None, ended=False)
    panel.seen.change(None, None, [brush, cells], js=nothing, trigger_mode="multiple", **PRIVATE)
    changed = (panel.seen, cells, fills, settings.class_name, brush, settings.against, settings.credit)
    latest_wins(
        [each.change for each in changed],
        erase_endpoint(served),
        [panel.picture, cells, fills, settings.class_name, panel.resize_mode, brush, settings.against, settings.credit],
        [left, table, outcome],
        opens_with=panel.opens_with,
        api_name="erase",
        **MODEL_QUEUE,
    )
    latest_wins(
        [panel.seen.change],
        brush_layer(served),
        [panel.picture, panel.resize_mode],
        brush,
        opens_with=panel.opens_with,
        api_visibility="private",
    )
    toggling = ledger.select(toggle_cell, cells, cells, **PRIVATE)
    toggling.then(None, js=script("scroll_to", selector="#erased-picture", block="nearest", focus=None), **PRIVATE)


def brush_layer(served: ServedRelease) -> Callable[..., Any]:
    """What lays the brush on the picture that the network sees."""

    @served.answers
    def lay(image: str | bytes | None, squaring: str) -> dict[str, object]:
        return gr.skip() if image is None else brush_on(served.explainer.pixels(chosen(image), squaring))

    return lay


def toggle_cell(cells: list[str], event: gr.SelectData) -> list[str]:
    """Erases the cell that was clicked on the ledger, or brings it back."""
    x, y = event.index
    name = cell_at(x, y)
    if name is None:
        return cells
    return [each for each in cells if each != name] if name in cells else [*cells, name]
