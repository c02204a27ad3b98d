"""Tests on a busy machine: `python -m tests.busy [what pytest takes]` runs them while every core is kept busy.

A test that waits for events passes all the same; one that waits for a time, or for a state that does not last, fails.
Tests that judge seconds (`alone`) are left out.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Ends by itself if whoever started it is gone.
WITHOUT_REST = "import os\nstarter = os.getppid()\nwhile os.getppid() == starter: pass"


@contextmanager
def kept_busy(cores: int = os.cpu_count() or 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many cores are at work in the meantime, on nothing, with no lower priority than the tests."""
    processes = [subprocess.Popen([sys.executable, "-c", WITHOUT_REST]) for _ in range(cores)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main(arguments: list[str]) -> int:
    with kept_busy():
        return subprocess.run([sys.executable, "-m", "pytest", "-m", "not alone", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
