"""A selection of errors, and which of them is open, as the query of a link, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from interpret.choices import ChoiceError, check_whole
from interpret.misclassified.selection import Selection

TAB = "misclassified"
WORDS = {
    "true": "true_label",
    "predicted": "predicted_label",
    "sort": "sort",
    "verdict": "verdict",
    "least": "min_confidence",
    "most": "max_confidence",
    "seed": "seed",
}
MOST_PAGES = 10_000


@dataclass(frozen=True)
class ListedErrors:
    """What the Misclassified tab shows: a selection, its page, and the open error by its test index, if one is."""

    selection: Selection
    page: int = 1
    opened: int | None = None

    def query(self, release: str) -> str:
        """As a link ends: `?tab=misclassified&true=cat&...&release=...`, with what is not as usual."""
        usual, chosen = asdict(Selection()), asdict(self.selection)
        said = {word: chosen[name] for word, name in WORDS.items() if chosen[name] != usual[name]}
        if self.page != 1:
            said["page"] = self.page
        if self.opened is not None:
            said["open"] = self.opened
        return "?" + urlencode({"tab": TAB, **said, "release": release})


def listed_errors_of(query: Mapping[str, str], class_names: tuple[str, ...]) -> ListedErrors | None:
    """What a link to the Misclassified tab asks for; None if it asks for something else.

    Raises ChoiceError if it names what there is not.
    """
    if query.get("tab") != TAB:
        return None
    usual = asdict(Selection())
    said = {name: _as(type(usual[name]), word, query[word]) for word, name in WORDS.items() if word in query}
    page = check_whole("page", _as(int, "page", query.get("page", "1")), 1, MOST_PAGES)
    opened: int | None = _as(int, "open", query["open"]) if "open" in query else None
    return ListedErrors(Selection(**said).checked(class_names), page, opened)


def _as(kind: type[Any], word: str, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise ChoiceError(f"This link's {word} is no number: {text!r}.") from None
