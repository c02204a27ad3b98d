"""Links that reproduce a view: made on the GradCAM tab, followed when the page opens."""

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

from interpret.attribution.measured.masking import Sampling
from interpret.choices import ChoiceError
from interpret.tabs.page.events import PRIVATE, latest_wins
from interpret.tabs.page.files import keep, png
from interpret.tabs.page.picture import PicturePanel, examples_of
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import script
from interpret.view import LinkError, View, of_another_release, view_of
from model.images import ImageError, read_rgb

GONE = "The picture that this link shows is no longer here: uploads are kept for a day."


def link_section(
    served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings, accordion: gr.Accordion
) -> None:
    """Builds the field that holds the link to what is shown, while the accordion around it is open."""
    link = gr.Textbox(label="Link to this view", interactive=False, buttons=["copy"], elem_id="permalink", max_lines=1)
    query = gr.Textbox(visible=False)
    c = settings
    choices = (c.class_name, c.against, c.layer, c.method, c.credit, *c.sampling)
    inputs = [panel.picture, panel.resize_mode, *choices]
    changed = [panel.seen.change, *(each.change for each in choices)]
    latest_wins(changed, link_maker(served), inputs, query, within=accordion, api_visibility="private")
    query.change(None, query, link, js=script("full_address"), **PRIVATE)


def link_maker(served: ServedRelease) -> Callable[..., Any]:
    """What turns the page's state into the query of a link; nothing if there is no picture to link to."""
    known = known_pictures(served)

    def make(
        image: str | bytes | None,
        resize_mode: str,
        class_name: str,
        against: str,
        layer: str,
        method: str,
        credit: str,
        *sampling: Any,
    ) -> str:
        if not isinstance(image, str):
            return ""
        try:
            pixels, erased = served.explainer.pixels(chosen(image), resize_mode), Sampling(*sampling)
        except (ImageError, ChoiceError):
            return ""
        kind, picture = known.get(pixels.tobytes(), ("upload", Path(image).parent.name))
        release = served.release.identifier
        return View(kind, picture, release, resize_mode, class_name, against, layer, method, credit, erased).query()

    return make


def known_pictures(served: ServedRelease) -> dict[bytes, tuple[str, str]]:
    """The examples and the misclassified test pictures by their pixels."""
    samples = served.release.misclassified
    tests = zip(samples.images, samples.test_indices.tolist(), strict=True)
    known = {image.tobytes(): ("test", str(index)) for image, index in tests}
    examples = examples_of(served.release)
    return known | {each.prepared().tobytes(): ("example", each.path.name) for each in examples}


def find_picture(served: ServedRelease, view: View) -> str:
    """The file of a view's picture, for the page.

    Raises LinkError if it is not there, ImageError if it is no picture.
    """
    if view.kind == "upload":
        return _uploaded(view.image)
    if view.kind == "example":
        found = [each for each in examples_of(served.release) if each.path.name == view.image]
        if not found:
            raise LinkError(f"There is no example {view.image}.")
        return found[0].kept()
    samples = served.release.misclassified
    rows = np.flatnonzero(samples.test_indices == int(view.image))
    if not len(rows):
        raise LinkError(f"Test picture {view.image} is not among this release's errors.")
    return keep("picture.png", png(samples.images[rows[0]]))


def _uploaded(folder: str) -> str:
    """An upload's pixels without what else its file tells: where it was taken, or its name. They lie beside the upload,
    and so make the same link again."""
    uploads = sorted(Path(get_upload_folder(), folder).glob("[!.]*"))
    if not uploads:
        raise LinkError(GONE)
    return keep("picture.png", png(np.asarray(read_rgb(uploads[0]))), folder)


def shown_note(told: str | None) -> Any:
    """The update that shows what there is to tell of a link, if there is anything."""
    return gr.update(value=told, visible=True) if told else gr.skip()


def opened_by_link(demo: gr.Blocks, panel: PicturePanel) -> gr.Number:
    """Shows the panel's first picture when the page opens; if its address asks for something, counts on instead the
    number that is returned."""
    asked = gr.Number(0, visible=False)
    demo.load(None, [panel.first, asked], [panel.picture, asked], js=script("opening"), **PRIVATE)
    return asked


def follow_links(
    served: ServedRelease, asked: gr.Number, note: gr.Markdown, panel: PicturePanel, settings: ExplanationSettings
) -> None:
    """Shows what the page's address asks for, when `asked` changes, or else the first example; `note` says why it
    cannot, or that another release made the link."""
    c = settings
    first = next(iter(examples_of(served.release)), None)

    def opening() -> str | None:
        return first.kept() if first else None  # a release of own classes without a gallery and without errors

    def open_page(request: gr.Request) -> tuple[Any, ...]:
        unchanged = (gr.skip(),) * 10
        try:
            query = dict(request.query_params)
            view = view_of(query, served.release.identifier, served.class_names)
            if view is not None:
                choices = view.resize_mode, view.class_name, view.against, view.layer, view.method, view.credit
                told = shown_note(of_another_release(query, served.release.identifier))
                return find_picture(served, view), *choices, *astuple(view.sampling), told
        except (ChoiceError, ImageError) as error:
            return opening(), *unchanged, shown_note(str(error))
        return opening(), *unchanged, gr.skip()

    choices = [panel.resize_mode, c.class_name, c.against, c.layer, c.method, c.credit, *c.sampling]
    asked.change(open_page, None, [panel.picture, *choices, note], trigger_mode="multiple", **PRIVATE)
