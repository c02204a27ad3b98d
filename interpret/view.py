"""A view of the GradCAM tab as the query of a link, and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from interpret.attribution.evidence import CREDITS, SHARED
from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling
from interpret.attribution.methods import check_method_at, method_named
from interpret.choices import ChoiceError, check_name
from interpret.explanation import NO_CLASS, PREDICTED, Question
from model.images import RESIZE_MODES
from model.network import STAGE_NAMES

IMAGE_KINDS = ("example", "test", "upload")
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
    method: str = Question.method
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


def view_of(query: Mapping[str, str], release: str, class_names: tuple[str, ...]) -> View | None:
    """The view that a link asks for, of this release; None if it asks for no image.

    Raises ChoiceError if it names what there is not.
    """
    kinds = [kind for kind in IMAGE_KINDS if kind in query]
    if not kinds:
        return None
    kind = kinds[0]
    if kind == "upload" and not UPLOAD_HASH.fullmatch(query[kind]):
        raise LinkError("This link names no upload: 64 hexadecimal digits are expected.")
    if (kind == "test" and not query[kind].isascii()) or (kind == "test" and not query[kind].isdigit()):
        raise LinkError("This link names no test picture: a number is expected.")
    layer = check_name("layer", query.get("layer", View.layer), STAGE_NAMES)
    method = method_named(query.get("method", View.method))
    check_method_at(method, layer)
    return View(
        kind,
        query[kind],
        release,
        check_name("way to make a picture square", query.get("squaring", View.resize_mode), RESIZE_MODES),
        check_name("class", query.get("class", View.class_name), (PREDICTED, *class_names)),
        check_name("class", query.get("against", View.against), (NO_CLASS, *class_names)),
        layer,
        method.name,
        check_name("credit", query.get("credit", View.credit), CREDITS),
        _sampling_of(query),
    )


def of_another_release(query: Mapping[str, str], release: str) -> str | None:
    """What to tell of a link that was made with another release than the one that answers; None if it was not."""
    if (made_with := query.get("release", release)) == release:
        return None
    return f"This link was made with release {made_with}; you see what release {release} says, which may differ."


def _sampling_of(query: Mapping[str, str]) -> Sampling:
    numbers = {name: query[name] for name in ("orders", "seed") if name in query}
    if wrong := [name for name, text in numbers.items() if not (text.isascii() and text.isdigit())]:
        raise LinkError(f"This link's {wrong[0]} is no number: {numbers[wrong[0]]!r}.")
    usual = USUAL_SAMPLING
    return Sampling(
        int(numbers.get("orders", usual.orders)),
        int(numbers.get("seed", usual.seed)),
        query.get("grid", usual.grid),
        query.get("fill", usual.fill),
    )
