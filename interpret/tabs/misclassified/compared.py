"""The served release beside another one that was named at start: what it mends, what it breaks, whether by chance."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from interpret.choices import ChoiceError, check_whole
from interpret.misclassified.selection import Errors, errors_of
from interpret.misclassified.two_releases import Comparison, compare_releases
from interpret.tabs.misclassified.finding import WIDTHS, error_gallery, error_table
from interpret.tabs.page.components.inputs import Radio, Slider
from interpret.tabs.page.components.results import thumbnail_gallery
from interpret.tabs.page.events import emptied_by
from interpret.tabs.page.served import ServedRelease
from model.choice import Choice

KINDS = {"broken": "newly broken", "mended": "mended", "both": "wrong in both"}
SHOWN = 40
NOTHING_NAMED = (
    "No second release is named: set COMPARE_REPO_ID to one, as you would MODEL_REPO_ID, and start the app again."
)


def compared_endpoint(served: ServedRelease, errors: Errors, other: Choice | None) -> Callable[..., Any]:
    """The handler of `/compared`."""

    @served.answers
    def compared(kind: str = "broken", count: float = SHOWN) -> tuple[list[Any], pd.DataFrame, str]:
        """The served release beside the one that COMPARE_REPO_ID names: which pictures only one of them gets wrong.

        Parameters:
            kind: pictures that are newly "broken", "mended", or wrong in "both".
            count: at most how many.
        Returns:
            The pictures with captions; a table of what is known of each; a sentence with the two accuracies and
            McNemar's exact test.
        """
        found, theirs = comparison(served, other)
        most = max(SHOWN, len(errors), len(theirs))
        if kind not in KINDS:
            raise ChoiceError(f"Unknown kind {kind!r}. Allowed: {', '.join(KINDS)}.")
        count = check_whole("count", count, 1, most)
        of_kind = {"broken": found.broken, "mended": found.mended, "both": found.both}[kind]
        indices = of_kind[:count]
        source = theirs if kind == "mended" else errors
        rows = np.array([source.row_of(index) for index in indices.tolist()], int)
        shown = f"{len(indices):,} of {len(of_kind):,} pictures that are {KINDS[kind]} are shown"
        whose = "the other release" if kind == "mended" else "the served release"
        sentence = f"{said(served, other, found)} {shown}, with what {whose} takes them for."
        return error_gallery(source, rows), error_table(source, rows), sentence

    return compared


def comparison(served: ServedRelease, other: Choice | None) -> tuple[Comparison, Errors]:
    """The comparison, and the other release's errors. Raises ChoiceError, saying why there is none."""
    if other is None:
        raise ChoiceError(NOTHING_NAMED)
    if other.stands_in:
        raise ChoiceError(f"The other release cannot be shown: {other.problem}.")
    return compare_releases(served.release, other.release), errors_of(other.release)


def said(served: ServedRelease, other: Choice | None, found: Comparison) -> str:
    """The comparison in words; each release by its identifier and where it is from."""
    names = [f"{each.release.identifier} ({each.origin})" for each in (served.choice, other) if each]
    return found.sentence(*names)


def compared_section(served: ServedRelease, errors: Errors, other: Choice | None) -> None:
    """Builds the section and its endpoint `/compared`; without another release a sentence says how to name one."""
    handler = compared_endpoint(served, errors, other)
    try:
        found, theirs = comparison(served, other)
        words = said(served, other, found)
    except ChoiceError as problem:
        found, theirs, words = None, None, str(problem)
    gr.Markdown(words, elem_classes="answer" if found else "lead", elem_id="compared-sentence")
    with gr.Column(visible=found is not None):
        counts = {kind: len(getattr(found, kind)) for kind in KINDS} if found else dict.fromkeys(KINDS, 0)
        choices = [(f"{title}: {counts[kind]:,}", kind) for kind, title in KINDS.items()]
        kind = Radio(choices, value="broken", label="Pictures that are, beside the other release")
        show = gr.Button("Show them", size="sm", elem_id="show-compared")
        sentence = gr.Markdown(elem_id="compared-shown")
        gallery = thumbnail_gallery("Test pictures", "compared-gallery", "errors", columns=10)
        with gr.Accordion("As a table", open=False):
            table = gr.Dataframe(interactive=False, wrap=True, column_widths=WIDTHS)
    with gr.Row(visible=False):
        most = max(SHOWN, len(errors), len(theirs) if theirs else 0)
        count = Slider(1, most, value=SHOWN, step=1, label="How many")
    outputs = [gallery, table, sentence]
    showing = show.click(handler, [kind, count], outputs, api_name="compared", show_progress="hidden")
    emptied_by([kind.change], {gallery: None, table: None, sentence: ""}, showing)
