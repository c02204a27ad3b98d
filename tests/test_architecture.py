"""Rooms that a newcomer finds the way in: imports run one way, rooms are small, and each module has its own tests."""

import ast
import re
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture import ROOT, TOWERS, Module, arrows_up, circle, drawing, imported, modules, room_of

MODULES = modules()
BY_NAME = {each.name: each for each in MODULES}
A_DOZEN = 12
TRACKED = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False).stdout.split()
FILES = [Path(name) for name in TRACKED] or [path.relative_to(ROOT) for path in ROOT.glob("*/**/*.py")]
CODE = {path: (ROOT / path).read_text() for path in FILES if path.suffix == ".py" and (ROOT / path).exists()}
MIRRORED = ("model", "interpret", "training")


def outside_tests() -> dict[str, str]:
    return {str(path): text for path, text in CODE.items() if path.parts[0] != "tests"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_only_what_its_room_may(module):
    assert arrows_up(module) == []


def test_no_modules_import_one_another_in_a_circle():
    assert circle(MODULES) == []


def test_every_module_stands_in_a_room():
    without = [each.name for each in MODULES if room_of(each.name) is None and each.path.name != "__init__.py"]
    assert without == []


@pytest.mark.parametrize(
    ("name", "imports", "fault"),
    [
        ("interpret.drawing.render", "interpret.explanation.explain", "interpret.explanation"),
        ("interpret.attribution.cam", "interpret.layers.kernels", "interpret.layers"),
        ("model.release", "training.data.cifar10", "training.data"),
        ("training.data.cifar10", "training.fitting.module", "training.fitting"),
        ("training.judging.explanations.strength", "interpret.tabs.page.served", "interpret.tabs.page"),
        ("interpret.explanation", "gradio", "gradio"),
        ("deploy", "interpret.choices", "interpret.choices"),
    ],
)
def test_an_arrow_that_runs_up_is_found(name, imports, fault):
    assert arrows_up(Module(name, Path(), frozenset({imports}))) == [f"{name} imports {fault}"]


def test_a_circle_is_found():
    one, other = (Module(name, Path(), frozenset({target})) for name, target in (("a", "b"), ("b", "a")))
    assert set(circle([one, other])) == {"a", "b"}


def test_the_command_prints_every_room_that_something_stands_in():
    result = subprocess.run([sys.executable, "-m", "tests.architecture"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == drawing(MODULES)
    rooms = {room for tower in TOWERS.values() for layer in tower for room in layer} - {"deploy", "benchmarks"}
    assert all(re.search(rf"\b{re.escape(room)} \(\d+\)", result.stdout) for room in rooms)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_nothing_served_or_trained_uses_pickle_eval_or_hooks(module):
    calls = [node.func for node in ast.walk(ast.parse(module.path.read_text())) if isinstance(node, ast.Call)]
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert not functions & {"eval", "exec"}
    assert not {name for name in methods if name.startswith("register_") and name.endswith("_hook")}
    # CIFAR-10's own files are pickles: that module's reader knows arrays only, which its tests show.
    assert "pickle" not in set(imported(module.path)) or module.name == "training.data.archive"


def test_no_folder_holds_more_files_than_a_dozen():
    counts = Counter(path.parent for path in FILES if not path.name.startswith("."))
    assert {str(folder): count for folder, count in counts.items() if count > A_DOZEN} == {}


def test_no_file_is_longer_than_a_reader_can_hold_and_most_are_short():
    lengths = {str(path): len(text.splitlines()) for path, text in CODE.items()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
    assert statistics.median(lengths.values()) < 120


def test_app_stays_under_a_hundred_lines():
    assert len((ROOT / "app.py").read_text().splitlines()) < 100


def test_each_module_has_one_file_of_tests_of_its_name():
    mirrored = {path for path in CODE if path.parts[0] in MIRRORED and path.name != "__init__.py"}
    wanted = {str(Path("tests", path.parent, f"test_{path.name}")) for path in mirrored}
    tests = {path for path in CODE if path.parts[0] == "tests" and path.parts[1] in MIRRORED}
    packages = {str(Path("tests", path.parent.parent, f"test_{path.parent.name}.py")) for path in CODE}
    found = {str(path) for path in tests if path.name.startswith("test_")} - (packages - wanted)
    assert sorted(wanted - found) == [], "without tests"
    assert sorted(found - wanted) == [], "tests of no module"


def string_constants(text: str) -> list[str]:
    """The texts in a file, docstrings aside."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if text not in docstrings]


FOREIGN = re.compile(r"=>|\bdocument\.|\bfunction\s*\(|</\w+>|[.#][\w-]+\s*\{|\w+-?\w*:\s*[^;{}]+;\s*\}")


def test_javascript_css_and_html_stand_in_files_of_their_own():
    served = {path: text for path, text in CODE.items() if path.parts[0] == "interpret" or str(path) == "app.py"}
    found = [
        (str(path), each) for path, text in served.items() for each in string_constants(text) if FOREIGN.search(each)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["(x) => x", "document.body", "<b>bold</b>", ".answer { color: red; }"])
def test_javascript_css_and_html_are_recognised(text):
    assert FOREIGN.search(text)


def test_an_argparse_namespace_stays_in_the_function_that_parses():
    assert [name for name, text in outside_tests().items() if "argparse.Namespace" in text] == []


def test_only_one_file_knows_the_fields_of_the_metrics():
    knowing = [name for name, text in outside_tests().items() if re.search(r"\bmetrics(\[|\.get\()", text)]
    assert set(knowing) <= {"model/metrics.py"}
