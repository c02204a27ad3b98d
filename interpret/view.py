"""A view of the GradCAM tab as the query of a link, and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from interpret.attribution.evidence import CREDITS, SHARED
from interpret.attribution.measured.masking import (
    FEWEST_ORDERS,
    FILLS,
    GRIDS,
    LARGEST_SEED,
    MOST_ORDERS,
    USUAL_SAMPLING,
    Sampling,
)
from interpret.attribution.methods import DEFAULT_METHOD, FIRST_METHOD, methods_at
from interpret.choices import ChoiceError
from interpret.explanation import NO_CLASS, PREDICTED, Question
from interpret.link import LinkWords
from model.images import RESIZE_MODES
from model.network import STAGE_NAMES

IMAGE_KINDS = ("example", "test", "upload")
CHOICES = ("squaring", "class", "against", "layer", "method", "credit", "orders", "seed", "grid", "fill")
UPLOAD_HASH = re.compile(r"[0-9a-f]{64}")


class LinkError(ChoiceError):
    """A link that cannot be followed: what it showed cannot be shown again."""


@dataclass(frozen=True)
class View:
    """Which image is explained, and how: an example by its file name, a misclassified test image by its index, an
    upload by its file's SHA-256."""

    kind: str
    image: str
    release: str
    resize_mode: str = Question.resize_mode
    class_name: str = PREDICTED
    against: str = NO_CLASS
    layer: str = Question.layer
    method: str = FIRST_METHOD
    credit: str = SHARED
    sampling: Sampling = USUAL_SAMPLING

    def query(self) -> str:
        """As a link ends: `?example=cat.png&class=cat&...`; the release is always part of it, and how cells are erased
        and credited if that is not as usual."""
        said = {
            self.kind: self.image,
            "squaring": self.resize_mode,
            "class": self.class_name,
            "against": self.against,
            "layer": self.layer,
            "method": self.method,
        }
        unusual = {"credit": self.credit} if self.credit != SHARED else {}
        usual = asdict(USUAL_SAMPLING)
        unusual |= {name: value for name, value in asdict(self.sampling).items() if value != usual[name]}
        return "?" + urlencode(said | unusual | {"release": self.release})


def picture_of(query: Mapping[str, str]) -> tuple[str, str] | None:
    """The kind and the name of the image that a link asks for; None if it asks for none."""
    return next(((kind, query[kind]) for kind in IMAGE_KINDS if kind in query), None)


def check_picture(kind: str, name: str) -> None:
    """Raises LinkError if that is no name of an image of this kind."""
    if kind == "upload" and not UPLOAD_HASH.fullmatch(name):
        raise LinkError("This link names no upload: 64 hexadecimal digits are expected.")
    if kind == "test" and not (name.isascii() and name.isdigit()):
        raise LinkError("This link names no test picture: a number is expected.")


def view_of(words: LinkWords, picture: tuple[str, str], release: str, class_names: tuple[str, ...]) -> View:
    """The view that a link asks for, of this release: its picture, and the rest as far as there is what it names."""
    layer = words.name("layer", View.layer, STAGE_NAMES)
    there = tuple(each.name for each in methods_at(layer))
    return View(
        *picture,
        release,
        words.name("squaring", View.resize_mode, RESIZE_MODES),
        words.name("class", View.class_name, (PREDICTED, *class_names)),
        words.name("against", View.against, (NO_CLASS, *class_names)),
        layer,
        words.name("method", View.method if View.method in there else DEFAULT_METHOD, there),
        words.name("credit", View.credit, CREDITS),
        _sampling_of(words),
    )


def of_another_release(query: Mapping[str, str], release: str) -> str | None:
    """What to tell of a link that was made with another release than the one that answers; None if it was not."""
    if (made_with := query.get("release", release)) == release:
        return None
    return f"This link was made with release {made_with}; you see what release {release} says, which may differ."


def _sampling_of(words: LinkWords) -> Sampling:
    usual = USUAL_SAMPLING
    return Sampling(
        words.whole("orders", int(usual.orders), FEWEST_ORDERS, MOST_ORDERS, step=2),
        words.whole("seed", int(usual.seed), 0, LARGEST_SEED),
        words.name("grid", usual.grid, tuple(GRIDS)),
        words.name("fill", usual.fill, FILLS),
    )
