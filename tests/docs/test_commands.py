"""Every command of the documents is one that the programs understand: their own parsers read the arguments."""

import importlib.util
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import gradio
import pytest

import deploy
from tests.browsing.states.__main__ import parse_arguments as of_states
from tests.conftest import ROOT
from tests.docs import DOCUMENTS, commands, name_of, spans
from training import add_tables, check_explanations, inspect_data, train

PARSERS: dict[str, Callable[[list[str]], object]] = {
    "training/train.py": train.parse_arguments,
    "training/check_explanations.py": check_explanations.parse_arguments,
    "training/add_tables.py": add_tables.parse_arguments,
    "training/inspect_data.py": inspect_data.parse_arguments,
    "deploy.py": deploy.parse_arguments,
    "tests.browsing.states": of_states,
}
ALL = sorted({command for document in DOCUMENTS for command in commands(document)})
OTHERS = (
    "hf auth login",
    "pip install pre-commit",
    "pre-commit install",
    "python -m venv .venv",
    ". .venv/bin/activate",
    "ruff check .",
    "ruff format .",
    "mypy",
    "tensorboard --logdir runs",
    "apt-get install chromium",
    (ROOT / "requirements.lock").read_text().split("command:\n#", 1)[1].split("\n", 1)[0].strip(),  # made by it
)


def understood(command: str) -> bool:
    """Whether the program exists and takes these arguments."""
    words = shlex.split(command)
    while re.fullmatch(r"[A-Z0-9_]+=.*", words[0]):
        del words[0]
    match words:
        case _ if shlex.join(words) in OTHERS:
            return True
        case ["pip", "install", *files]:
            return all(each in ("-r", "--require-hashes") or (ROOT / each).is_file() for each in files)
        case ["pytest", *arguments]:
            return are_tests(arguments)
        case ["python", "-m", module, *arguments] if module in PARSERS:
            return takes(module, arguments)
        case ["python", "-m", "tests.load", *arguments]:
            return takes("tests/load/__main__.py", arguments)
        case ["python", "-m", module, *arguments] if module.startswith("tests."):
            return importlib.util.find_spec(module) is not None and are_tests(arguments)
        case ["torchrun", "--nproc-per-node", "2", script, *arguments] | ["python", script, *arguments]:
            return takes(script, arguments)
        case ["curl", *_]:
            return True  # test_calls.py sends it
    return False


def takes(script: str, arguments: list[str]) -> bool:
    if script not in PARSERS:
        text = (ROOT / script).read_text()
        options = [each for each in arguments if each.startswith("--")]
        return all(f'"{each}"' in text for each in options) and (script != "app.py" or not arguments)
    try:
        PARSERS[script](arguments)
    except SystemExit as exit:
        return exit.code == 0  # --help
    return True


def are_tests(arguments: list[str]) -> bool:
    """Whether folders are there, markers declared, and options those of pytest and its plugins."""
    folders = [each for each in arguments if each.startswith("tests/")]
    markers = [each for each in arguments if "alone" in each]
    known = {"-m", "-n", "2", "--dist", "loadfile", *folders, *markers}
    declared = '"alone:' in (ROOT / "pyproject.toml").read_text()
    return all((ROOT / each).exists() for each in folders) and set(arguments) <= known and (declared or not markers)


@pytest.mark.parametrize("command", ALL)
def test_a_command_is_understood(command, monkeypatch, capsys):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    lines = [part.strip() for part in command.split("&&")]
    assert [line for line in lines if not understood(line)] == []


@pytest.mark.parametrize(
    "command",
    [
        "python training/train.py --sped 3",
        "python deploy.py --revision v2",
        "pip install -r requirement.txt",
        "python -m tests.nothing",
        "python -m tests.browsing.states",
        "pytest tests/nothing",
        "python benchmarks/training.py --rounds 5",
        "python app.py --share",
        "make all",
    ],
)
def test_a_command_that_no_program_understands_is_found(command, capsys):
    assert not understood(command)


def test_the_two_commands_of_the_readme_stand_there_as_they_are_promised():
    found = commands(ROOT / "README.md")
    assert "pip install -r requirements.txt && python app.py" in found
    assert "pip install -r requirements-dev.txt && pytest" in found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_environment_variables_are_ones_that_something_reads(document):
    sources = [*ROOT.glob("*.py"), *(ROOT / "model").rglob("*.py"), *(ROOT / "training").rglob("*.py")]
    sources += [*(ROOT / "tests").rglob("*.py"), *Path(gradio.__file__).parent.glob("*.py")]
    read = "".join(path.read_text() for path in sources if path.parent != Path(__file__).parent)
    named = {span.partition("=")[0] for span in spans(document) if re.match(r"[A-Z0-9]+_[A-Z0-9_]+(=|$)", span)} | {
        each for command in commands(document) for each in re.findall(r"\b([A-Z0-9_]+)=\S", command)
    }
    assert [name for name in sorted(named) if f'"{name}"' not in read] == []
