"""The Misclassified tab: every test picture that the network gets wrong, found, judged and explained."""

import gradio as gr

from interpret.misclassified.selection import errors_of
from interpret.tabs.misclassified.compared import compared_section
from interpret.tabs.misclassified.confused import confused_section
from interpret.tabs.misclassified.confusion import confusion_section
from interpret.tabs.misclassified.finding import describe_accuracy, filter_widgets, finding_section
from interpret.tabs.misclassified.opened import opened_section
from interpret.tabs.misclassified.taking import follow_list_links, taking_section
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease
from interpret.tabs.page.settings import ExplanationSettings
from model.choice import Choice


def misclassified_tab(
    served: ServedRelease,
    asked: gr.Number,
    tab: gr.Tab,
    tabs: gr.Tabs,
    panel: PicturePanel,
    settings: ExplanationSettings,
    note: gr.Markdown,
    other: Choice | None,
) -> None:
    """Builds the tab and its endpoints. `other` is the release that this one is compared with; a link is followed
    when `asked` changes, and `note` says why it cannot be."""
    errors = errors_of(served.release)
    gr.Markdown(describe_accuracy(served), elem_classes="lead", elem_id="accuracy")
    above = gr.Column()
    filters = filter_widgets(served)
    with above:
        confusion_section(served, filters)
    found = finding_section(served, errors, tab, filters)
    opened = opened_section(served, errors, found, filters, panel, settings, tabs)
    confused_section(served, errors, filters)
    with gr.Accordion("Take it with you: files and a link", open=False):
        taking_section(served, errors, tab, filters, opened)
    with gr.Accordion("Compare with another release", open=False, visible=other is not None):
        compared_section(served, errors, other)
    follow_list_links(served, asked, filters, opened, tabs, note)
