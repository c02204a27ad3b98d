"""The confusion matrix as the way in: each cell shows its errors, by mouse, keyboard or API."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.drawing.confusion import cell_colours, draw_confusion, error_scale, written
from interpret.drawing.text import format_number
from interpret.misclassified.confusion import (
    COUNTS,
    NORMALISATIONS,
    PAIR_COLUMNS,
    SHARES,
    Confusion,
    confusion_of,
)
from interpret.misclassified.selection import ANY
from interpret.tabs.misclassified.finding import Filters
from interpret.tabs.page.components.inputs import Radio
from interpret.tabs.page.events import IN_TURN, PRIVATE, endpoint
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.static import script, static_text

UNITS = {COUNTS: "pictures", SHARES: "of the true class"}
UNKNOWN = "–"
STOPS = 9  # of the colour scale
ALL = -1  # the row or column of a name: every class


def drawn_matrix(found: Confusion, normalise: str) -> dict[str, Any]:
    """What the page draws: texts and colours of the cells, rows are true classes; the colour scale and its ends."""
    values, unit = found.normalised(normalise), UNITS[normalise]
    scale = error_scale(values, unit)
    colours, inks = cell_colours(values, scale)
    texts = [[written(float(value), unit) for value in row] for row in values]
    if found.class_counts is None:
        for at, row in enumerate(texts):
            row[at] = UNKNOWN
    return {
        "names": list(found.class_names),
        "texts": texts,
        "colours": [[_css(colour) for colour in row] for row in colours],
        "inks": [[_css(ink) for ink in row] for row in inks],
        "scale": {
            "low": format_number(scale.low),
            "high": f"{written(scale.high, unit)} {unit}",
            "colours": [_css(colour) for colour in scale.paint(np.linspace(scale.low, scale.high, STOPS))],
        },
        "all": ALL,
    }


def _css(colour: np.ndarray) -> str:
    red, green, blue = colour.tolist()
    return f"rgb({red} {green} {blue})"


def confusion_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/confusion`."""
    found = confusion_of(served.release)

    @served.answers
    def confusion(normalise: str = COUNTS) -> tuple[np.ndarray, pd.DataFrame, str]:
        """Which class is taken for which, over all test pictures; a picture's colour scale reaches as far as errors do.

        Parameters:
            normalise: "counts" of pictures, or "shares" of each true class.
        Returns:
            The matrix as a picture (rows are true classes, columns predicted ones), and as a table; a sentence on the
            two classes that are confused most.
        """
        values = found.normalised(normalise)
        return draw_confusion(values, found.class_names, UNITS[normalise]), found.table(normalise), found.sentence()

    return confusion


def chooser(served: ServedRelease) -> Callable[..., Any]:
    """What a click on the matrix does: it sets the filters to its cell."""
    names = served.class_names

    def choose(event: gr.SelectData) -> tuple[str, str]:
        row, column = (int(each) for each in event.index)
        return names[row] if row != ALL else ANY, names[column] if column != ALL else ANY

    return choose


def confusion_section(served: ServedRelease, filters: Filters) -> None:
    """Builds the matrix, the pairs that are confused most, and the endpoint `/confusion`."""
    found = confusion_of(served.release)
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            matrix = gr.HTML(
                "",
                label="Click a cell to see its errors",
                show_label=True,
                container=True,
                js_on_load=static_text("widgets/confusion.js"),
                apply_default_css=False,
                elem_id="confusion",
                matrix=drawn_matrix(found, COUNTS),
            )
        with gr.Column(scale=2, min_width=280):
            ways = [("counts", COUNTS), ("shares of the true class", SHARES)]
            choices = ways if found.class_counts is not None else ways[:1]
            normalise = Radio(choices, value=COUNTS, label="Numbers are", elem_id="normalise")
            gr.Markdown(found.sentence(), elem_id="confusion-sentence")
            gr.Dataframe(found.pair_table(), headers=list(PAIR_COLUMNS), interactive=False, wrap=True,
                         label="Confused most: in all, one taken for the other (→), and back (←)",
                         column_widths=["46%", "18%", "18%", "18%"], elem_id="confused-pairs")  # fmt: skip
    normalise.change(lambda way: gr.update(matrix=drawn_matrix(found, way)), normalise, matrix, **PRIVATE)
    choosing = matrix.select(chooser(served), None, [filters.true_label, filters.predicted_label], **IN_TURN)
    to_them = script("scroll_to", selector="#misclassified-gallery", block="nearest", focus=None)
    choosing.then(None, js=to_them, **PRIVATE)
    with gr.Row(visible=False):
        way = Radio(list(NORMALISATIONS), value=COUNTS, label="Normalise")
        outputs = [gr.Image(format="png", label="Confusion matrix"), gr.Dataframe(label="As a table"), gr.Markdown()]
    endpoint(confusion_endpoint(served), way, outputs, "confusion")
