"""The model card: the README.md of a release, for people and for the Hub.

What this module writes stands between two marks; what people write around them, and metadata of theirs, survives.
`huggingface_hub.ModelCard` would lose some of it: it keeps one model of a model-index, drops fields of its results that
it does not know, and takes metadata without an end for prose.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from model.metrics import Metrics
from model.network import NetworkConfig
from training.releasing.card_text import FIGURES, CardError, body_of, metadata_of

CARD = "README.md"
UNNAMED = "your-name/cifar-xray"
START = "<!-- written by training/card.py: edits between these marks are lost at the next push -->"
END = "<!-- end of what training/card.py wrote -->"
GENERATED_PART = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def model_card(metrics: Metrics, config: NetworkConfig, figures: list[str], repo_id: str = UNNAMED) -> str:
    """The card in Markdown. `figures` are paths in the release, `repo_id` where it will be found.

    Raises MissingFigureError.
    """
    body = body_of(metrics, config, figures, repo_id)
    return f"---\n{_dump(metadata_of(metrics))}---\n\n{START}\n{body}\n{END}\n"


def write_card(metrics: Metrics, config: NetworkConfig, folder: Path) -> None:
    """Writes or renews the card of a release on disk.

    Raises CardError if the one that is there is broken, or if the metrics lack what a card states.
    """
    figures = sorted(f"{FIGURES}/{path.name}" for path in (folder / FIGURES).glob("*.png"))
    card = folder / CARD
    generated = model_card(metrics, config, figures)
    card.write_text(merge_cards(generated, card.read_text() if card.exists() else None))


def merge_cards(generated: str, existing: str | None) -> str:
    """The generated card, with what people wrote into the existing one. Raises CardError if its metadata is broken."""
    if not existing or not existing.strip():
        return generated
    ours, our_body = _split(generated)
    theirs, their_body = _split(existing)
    merged = {**theirs, **ours}
    merged["license"] = theirs.get("license", ours["license"])
    for key in ("tags", "datasets", "metrics"):
        merged[key] = list(dict.fromkeys([*ours[key], *_strings(key, theirs.get(key))]))
    names = {entry["name"] for entry in ours["model-index"]}
    entries = _as_list(theirs.get("model-index"))
    if not all(isinstance(entry, dict) for entry in entries):
        raise CardError("model-index in its metadata is no list of mappings")
    others = [entry for entry in entries if entry.get("name") not in names]
    merged["model-index"] = [*ours["model-index"], *others]
    if START in their_body or END in their_body:
        if (their_body.count(START), their_body.count(END)) != (1, 1) or not GENERATED_PART.search(their_body):
            raise CardError(f"it must hold the marks {START} and {END} once each, in this order, or neither")
        body = GENERATED_PART.sub(lambda _: our_body.strip(), their_body, count=1)
    else:
        body = f"{their_body.rstrip()}\n\n{our_body.strip()}\n" if their_body.strip() else our_body
    return f"---\n{_dump(merged)}---\n{body}"


def _split(card: str) -> tuple[dict[str, Any], str]:
    card = card.replace("\r\n", "\n").lstrip("\ufeff")
    if not (found := FRONT_MATTER.match(card)):
        if card.startswith("---"):
            raise CardError("its metadata does not end with a line of ---")
        return {}, f"\n{card}"
    try:
        metadata = yaml.safe_load(found.group(1)) or {}
    except yaml.YAMLError as error:
        raise CardError(f"its metadata is no YAML: {error}") from error
    if not isinstance(metadata, dict):
        raise CardError("its metadata is no mapping")
    return metadata, card[found.end() :]


def _dump(metadata: dict[str, Any]) -> str:
    return yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=1000)


def _strings(key: str, value: Any) -> list[str]:
    strings = _as_list(value)
    if not all(isinstance(each, str) for each in strings):
        raise CardError(f"{key} in its metadata is no list of strings")
    return strings


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
