"""A selection of errors, and which of them is open, as the query of a link, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from interpret.link import LinkWords
from interpret.misclassified.selection import ANY, LARGEST_SEED, SORTS, Selection
from interpret.misclassified.verdicts import VERDICTS

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
LONGEST_INDEX = 9  # digits


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


def listed_errors_of(query: Mapping[str, str], words: LinkWords, class_names: tuple[str, ...]) -> ListedErrors | None:
    """What a link to the Misclassified tab asks for, as far as there is what it names; None if it asks for something
    else. `words` are those of its query."""
    if query.get("tab") != TAB:
        return None
    usual = Selection()
    low, high = words.fraction("least", usual.min_confidence), words.fraction("most", usual.max_confidence)
    if low > high:
        high = words.put_right("most", usual.max_confidence)
    selection = Selection(
        words.name("true", usual.true_label, (ANY, *class_names)),
        words.name("predicted", usual.predicted_label, (ANY, *class_names)),
        words.name("sort", usual.sort, SORTS),
        words.name("verdict", usual.verdict, (ANY, *VERDICTS)),
        low,
        high,
        words.whole("seed", int(usual.seed), 0, LARGEST_SEED),
    )
    return ListedErrors(selection, words.whole("page", 1, 1, MOST_PAGES), _opened(query, words))


def _opened(query: Mapping[str, str], words: LinkWords) -> int | None:
    name = query.get("open")
    if name is None:
        return None
    if not (name.isascii() and name.isdigit() and len(name) <= LONGEST_INDEX):
        words.put_right("open", "none")
        return None
    return int(name)
