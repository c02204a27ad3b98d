"""The page's JavaScript, CSS and HTML, in files of their own, and what fills in their placeholders.

A placeholder is a `$name`, as of `string.Template`, which is also a name in JavaScript: each file parses as it stands.
"""

import html
import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

FOLDER = Path(__file__).parent / "static"


@cache
def static_text(name: str) -> str:
    """A file of this folder as it stands."""
    return (FOLDER / name).read_text(encoding="utf-8").strip()


def script(name: str, **values: Any) -> str:
    """The JavaScript in `<name>.js`, its placeholders filled with these values as JSON. Raises KeyError if one of them
    has no value."""
    return Template(static_text(f"{name}.js")).substitute({key: json.dumps(value) for key, value in values.items()})


def markup(name: str, **values: object) -> str:
    """The HTML in `<name>.html`, its placeholders filled with these texts, escaped. Raises KeyError if one of them has
    no value."""
    escaped = {key: html.escape(str(value)) for key, value in values.items()}
    return Template(static_text(f"{name}.html")).substitute(escaped)
