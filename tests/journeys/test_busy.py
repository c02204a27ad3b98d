"""The command that runs tests on a busy machine."""

import subprocess
import sys

import pytest

from tests.busy import kept_busy
from tests.conftest import ROOT


def test_as_many_processes_as_asked_for_work_until_the_end_and_no_longer():
    with kept_busy(2) as processes:
        assert [process.poll() for process in processes] == [None, None]
    assert all(process.poll() for process in processes)


@pytest.mark.parametrize(("says", "code"), [("True", 0), ("False", 1)])
def test_it_says_whether_the_tests_passed(tmp_path, says, code):
    file = tmp_path / "test_it.py"
    file.write_text(f"def test_it():\n    assert {says}\n")
    command = [sys.executable, "-m", "tests.busy", str(file), "-p", "no:cacheprovider"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120).returncode == code
