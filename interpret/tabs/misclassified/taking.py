"""Taking a selection of errors along: as files, and as a link that shows it again."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from interpret.choices import ChoiceError
from interpret.link import LinkWords
from interpret.misclassified.exporting import FORMATS, export_errors
from interpret.misclassified.link import TAB, ListedErrors, listed_errors_of
from interpret.misclassified.selection import ANY, SORTS, Errors, Selection
from interpret.tabs.misclassified.finding import Filters
from interpret.tabs.page.components.inputs import Radio
from interpret.tabs.page.events import PRIVATE, emptied_by
from interpret.tabs.page.files import keep
from interpret.tabs.page.permalink import link_field, shown_note, together
from interpret.tabs.page.served import ServedRelease
from interpret.view import of_another_release

FORMATS_IN_WORDS = {"csv": "CSV", "parquet": "Parquet, with the pictures", "zip": "PNGs and a CSV in a zip file"}


def export_errors_endpoint(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """The handler of `/export_errors`."""

    @served.answers
    def export(
        true_label: str = ANY,
        predicted_label: str = ANY,
        sort: str = SORTS[0],
        verdict: str = ANY,
        min_confidence: float = 0,
        max_confidence: float = 1,
        seed: float = 0,
        form: str = FORMATS[0],
    ) -> str:
        """All errors that were asked for, as a file: what is known of each, and its picture.

        Parameters:
            true_label: only pictures of this class, or "any".
            predicted_label: only pictures that are taken for this class, or "any".
            sort: as in /misclassified.
            verdict: as in /misclassified.
            min_confidence: of the wrong prediction, at least, from 0 to 1.
            max_confidence: of the wrong prediction, at most, from 0 to 1.
            seed: what the random order is drawn from.
            form: "csv"; "parquet", with the pictures; or "zip", of PNGs named by test index, true and predicted class.
        Returns:
            One file.
        """
        asked = Selection(true_label, predicted_label, sort, verdict, min_confidence, max_confidence, seed)
        rows = errors.select(asked)
        name, content = export_errors(errors.samples, rows, errors.table(rows), errors.class_names, form)
        return keep(name, content)

    return export


def link_maker(served: ServedRelease, errors: Errors) -> Callable[..., Any]:
    """What turns the tab's state into the query of a link; nothing while a choice is not whole."""

    def make(page: float | None, opened: float | None, *asked: Any) -> str:
        try:
            selection = Selection(*asked).checked(errors.class_names)
        except ChoiceError:
            return ""
        shown = opened is not None and opened in errors.samples.test_indices
        listed = ListedErrors(selection, int(page or 1), int(opened or 0) if shown else None)
        return listed.query(served.release.identifier)

    return make


def taking_section(served: ServedRelease, errors: Errors, tab: gr.Tab, filters: Filters, opened: gr.Number) -> None:
    """Builds the section and its endpoint `/export_errors`."""
    state = [filters.page, opened, *filters.selection]
    changes = [tab.select, *(each.change for each in state)]
    link_field("errors-link", changes, link_maker(served, errors), state, label="Link to this list")
    with gr.Row():
        choices = [(words, name) for name, words in FORMATS_IN_WORDS.items()]
        form = Radio(choices, value=FORMATS[0], label="All that were found, as")
        prepare = gr.Button("Prepare the file", size="sm", elem_id="prepare-errors")
    file = gr.File(label="File", interactive=False, elem_id="exported-errors")
    inputs = [*filters.selection, form]
    preparing = prepare.click(
        export_errors_endpoint(served, errors), inputs, file, api_name="export_errors", show_progress="minimal"
    )
    emptied_by([each.change for each in inputs], {file: None}, preparing)


def follow_list_links(
    served: ServedRelease, asked: gr.Number, filters: Filters, opened: gr.Number, tabs: gr.Tabs, note: gr.Markdown
) -> None:
    """Shows the list of errors that the page's address asks for, when `asked` changes; `note` says what of
    it there is not, or that another release made the link."""

    def open_list(request: gr.Request) -> tuple[Any, ...]:
        query = dict(request.query_params)
        words = LinkWords(query)
        listed = listed_errors_of(query, words, served.class_names)
        if listed is None:
            return (gr.skip(),) * (len(filters.selection) + 4)
        s = listed.selection
        values = (s.true_label, s.predicted_label, s.sort, s.verdict, s.min_confidence, s.max_confidence, s.seed)
        told = together(words.told(), of_another_release(query, served.release.identifier))
        return *values, listed.page, listed.opened, gr.update(selected=TAB), shown_note(told)

    asked.change(
        open_list, None, [*filters.selection, filters.page, opened, tabs, note], trigger_mode="multiple", **PRIVATE
    )
