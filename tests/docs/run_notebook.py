"""Runs the code cells of a notebook, one after the other, as Jupyter does in a fresh kernel.

Usage: run_notebook.py NOTEBOOK [PACKAGE ...]: none of the packages may be loaded at the end. A script of its own, which
imports nothing of this project, so that a notebook finds only what it has set up itself.
"""

import json
import sys
import time
import traceback
from pathlib import Path


def run(notebook: Path) -> None:
    """Exits with the number and the error of the first cell that fails; cells of code are counted from 1."""
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict = {"__name__": "__main__"}
    for number, cell in enumerate(cells, start=1):
        start = time.perf_counter()
        try:
            exec(compile("".join(cell["source"]), f"<cell {number}>", "exec"), names)
        except Exception as error:
            traceback.print_exc()
            sys.exit(f"{notebook.name}, cell {number} ({cell['id']}): {type(error).__name__}: {error}")
        sys.stdout.write(f"[cell {number} ({cell['id']}): {time.perf_counter() - start:.1f} s]\n")
        sys.stdout.flush()


def main(notebook: str, *unwanted: str) -> None:
    run(Path(notebook))
    if loaded := sorted(set(unwanted) & set(sys.modules)):
        sys.exit(f"{Path(notebook).name} has loaded {', '.join(loaded)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
