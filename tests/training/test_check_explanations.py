import subprocess
import sys

from interpret.validation import RULES

from ..conftest import ROOT, SUBSET


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/check_explanations.py", "--data-dir", str(SUBSET), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


def test_it_prints_a_table_with_a_row_for_each_method():
    result = check("--count", "20")
    assert result.returncode == 0, result.stderr
    assert "Evidence adds up, for 20 pictures x 10 classes" in result.stdout + result.stderr
    for method in RULES:
        assert f"| {method.title} | " in result.stdout + result.stderr


def test_bad_use_gets_one_clear_sentence(tmp_path):
    for arguments, sentence in (
        (["--count", "61"], "--count must be from 1 to 60, got 61"),
        (["--release", str(tmp_path)], str(tmp_path)),
    ):
        result = check(*arguments)
        assert result.returncode == 1
        assert sentence in result.stderr and "Traceback" not in result.stderr
