"""The notebooks as they are committed: without outputs, and with no more metadata than every editor writes anew.

`python -m tests.docs.notebooks` takes off what Jupyter has added.
"""

import json
from pathlib import Path
from typing import Any

from tests.docs import ROOT

NOTEBOOKS = tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def bare(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook's cells alone, as nbformat 4.5 has them, with their ids and none of their outputs."""
    return {
        "cells": [_bare_cell(cell) for cell in notebook["cells"]],
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _bare_cell(cell: dict[str, Any]) -> dict[str, Any]:
    kept = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {}, "source": _lines(cell["source"])}
    if cell["cell_type"] == "code":
        kept |= {"execution_count": None, "outputs": []}
    return dict(sorted(kept.items()))


def _lines(source: str | list[str]) -> list[str]:
    return "".join(source).splitlines(keepends=True)


def written(notebook: dict[str, Any]) -> str:
    """As Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    for path in NOTEBOOKS:
        path.write_text(written(bare(read(path))))


if __name__ == "__main__":
    main()
