"""Links that reproduce a view: how each tab makes them, and how they are followed when the page opens."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

from interpret.attribution.measured.masking import Sampling
from interpret.choices import ChoiceError
from interpret.link import LinkWords
from interpret.misclassified.link import TAB as MISCLASSIFIED
from interpret.tabs.page.events import PRIVATE, latest_wins
from interpret.tabs.page.files import keep, png
from interpret.tabs.page.picture import PicturePanel, examples_of
from interpret.tabs.page.served import ServedRelease, chosen
from interpret.tabs.page.settings import ExplanationSettings
from interpret.tabs.page.static import script
from interpret.view import CHOICES, LinkError, View, check_picture, of_another_release, picture_of, view_of
from model.images import RESIZE_MODES, ImageError, read_rgb

GRADCAM = "gradcam"
NO_PICTURE = ("", "")
AS_ON_A_FRESH_PAGE = (gr.skip(),) * 10  # the choices of the GradCAM tab
GONE = "The picture that this link shows is no longer here: uploads are kept for a day."


def link_section(
    served: ServedRelease, panel: PicturePanel, settings: ExplanationSettings, accordion: gr.Accordion
) -> None:
    """Builds the field that holds the link to what is shown, while the accordion around it is open."""
    c = settings
    choices = (c.class_name, c.against, c.layer, c.method, c.credit, *c.sampling)
    inputs = [panel.picture, panel.resize_mode, *choices]
    changed = [panel.seen.change, *(each.change for each in choices)]
    link_field("permalink", changed, link_maker(served), inputs, within=accordion)


def link_field(
    elem_id: str,
    changed: list[Any],
    make: Callable[..., str],
    inputs: list[Any],
    *,
    label: str = "Link to this view",
    within: gr.Accordion | None = None,
) -> None:
    """Builds a field with the whole address of the query that `make` makes of the `inputs`, when they have changed."""
    link = gr.Textbox(label=label, interactive=False, buttons=["copy"], elem_id=elem_id, max_lines=1)
    query = gr.Textbox(visible=False)
    latest_wins(changed, make, inputs, query, within=within, api_visibility="private")
    query.change(None, query, link, js=script("full_address"), **PRIVATE)


def link_maker(served: ServedRelease) -> Callable[..., Any]:
    """What turns the page's state into the query of a link; nothing if there is no picture to link to."""
    words_for = picture_words(served)

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
        try:
            words, erased = words_for(image, resize_mode), Sampling(*sampling)
        except ChoiceError:
            return ""
        if words is None:
            return ""
        release = served.release.identifier
        return View(*words, release, resize_mode, class_name, against, layer, method, credit, erased).query()

    return make


def picture_words(served: ServedRelease) -> Callable[[str | bytes | None, str], tuple[str, str] | None]:
    """What gives the words by which a link names a picture: its kind and its name; None if there is nothing to name."""
    known = cache(partial(known_pictures, served))  # when the first link is made: the page opens without

    def words(image: str | bytes | None, resize_mode: str) -> tuple[str, str] | None:
        if not isinstance(image, str):
            return None
        try:
            pixels = served.explainer.pixels(chosen(image), resize_mode)
        except (ImageError, ChoiceError):
            return None
        return known().get(pixels.tobytes(), ("upload", Path(image).parent.name))

    return words


def known_pictures(served: ServedRelease) -> dict[bytes, tuple[str, str]]:
    """The examples and the misclassified test pictures by their pixels."""
    samples = served.release.misclassified
    tests = zip(samples.images, samples.test_indices.tolist(), strict=True)
    known = {image.tobytes(): ("test", str(index)) for image, index in tests}
    examples = examples_of(served.release)
    return known | {each.prepared().tobytes(): ("example", each.path.name) for each in examples}


def find_picture(served: ServedRelease, kind: str, name: str) -> str:
    """The file of a picture that a link names, for the page.

    Raises LinkError if it is not there, ImageError if it is no picture.
    """
    check_picture(kind, name)
    if kind == "upload":
        return _uploaded(name)
    if kind == "example":
        found = [each for each in examples_of(served.release) if each.path.name == name]
        if not found:
            raise LinkError(f"There is no example {name}.")
        return found[0].kept()
    samples = served.release.misclassified
    rows = np.flatnonzero(samples.test_indices == int(name))
    if not len(rows):
        raise LinkError(f"Test picture {name} is not among this release's errors.")
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


@dataclass(frozen=True)
class Lens:
    """A tab that links lead to: its name in them, the components that a link sets, and what reads their values off its
    query. What it puts right in doing so, the words tell."""

    tab: str
    outputs: list[Any]
    values: Callable[[LinkWords], list[Any]]


def follow_links(
    served: ServedRelease,
    asked: gr.Number,
    note: gr.Markdown,
    panel: PicturePanel,
    settings: ExplanationSettings,
    tabs: gr.Tabs,
    lenses: Sequence[Lens],
) -> None:
    """Shows what the page's address asks for, when `asked` changes, or else the first example; `note` says what of it
    cannot be shown, or that another release made the link. A link to one of the `lenses` opens its tab."""
    c, others = settings, [each for lens in lenses for each in lens.outputs]

    def open_page(request: gr.Request) -> tuple[Any, ...]:
        query = dict(request.query_params)
        words = LinkWords(query)
        tab = words.name("tab", GRADCAM, (GRADCAM, MISCLASSIFIED, *(each.tab for each in lenses)))
        named, lens = picture_of(query), next((each for each in lenses if each.tab == tab), None)
        picture, problem = _picture(served, named)
        another = of_another_release(query, served.release.identifier) if named or lens else None
        if lens is None:
            asks = named or (tab == GRADCAM and any(word in query for word in CHOICES))
            choices = _choices(served, named or NO_PICTURE, words) if asks else AS_ON_A_FRESH_PAGE
            note_of_it = shown_note(together(problem, words.told(), another))
            return picture, *choices, note_of_it, gr.skip(), *(gr.skip() for _ in others)
        choices = words.name("squaring", View.resize_mode, RESIZE_MODES), *AS_ON_A_FRESH_PAGE[1:]
        found = lens.values(words)
        values = [each for one in lenses for each in (found if one is lens else [gr.skip()] * len(one.outputs))]
        note_of_it = shown_note(together(problem, words.told(), another))
        return picture, *choices, note_of_it, gr.update(selected=lens.tab), *values

    explained = [panel.picture, panel.resize_mode, c.class_name, c.against, c.layer, c.method, c.credit, *c.sampling]
    asked.change(open_page, None, [*explained, note, tabs, *others], trigger_mode="multiple", **PRIVATE)


def _picture(served: ServedRelease, named: tuple[str, str] | None) -> tuple[str | None, str | None]:
    """The picture that a link names, or else the first one; and why it is not the one that is named."""
    try:
        return find_picture(served, *named) if named else _first(served), None
    except (LinkError, ImageError) as error:
        return _first(served), str(error)


def _choices(served: ServedRelease, named: tuple[str, str], words: LinkWords) -> tuple[Any, ...]:
    """What the GradCAM tab is set to."""
    view = view_of(words, named, served.release.identifier, served.class_names)
    how = view.resize_mode, view.class_name, view.against, view.layer, view.method, view.credit
    return *how, *astuple(view.sampling)


def _first(served: ServedRelease) -> str | None:
    first = next(iter(examples_of(served.release)), None)
    return first.kept() if first else None  # a release of own classes without a gallery and without errors


def together(*sentences: str | None) -> str | None:
    """Those that there are, one behind the other; None if there is none."""
    return " ".join(each for each in sentences if each) or None
