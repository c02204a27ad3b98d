import gradio as gr
import pytest

from interpret.misclassified.selection import Errors, errors_of
from model.release import Release


@pytest.fixture(scope="session")
def errors(release: Release) -> Errors:
    return errors_of(release)


def clicked(index: object) -> gr.SelectData:
    return gr.SelectData(None, {"index": index, "value": None})
