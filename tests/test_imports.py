"""Imports run one way: app to interpret.tabs to interpret to model; training and deploy to model."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    path for folder in ("model", "interpret", "training", "benchmarks") for path in (ROOT / folder).rglob("*.py")
] + [ROOT / "app.py", ROOT / "deploy.py"]


def imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def layer(path: Path) -> str:
    relative = path.relative_to(ROOT)
    if relative.parts[:2] == ("interpret", "tabs"):
        return "tabs"
    return relative.parts[0].removesuffix(".py")


TRAINING_ONLY = ("pytorch_lightning", "lightning", "albumentations", "torchmetrics")
FORBIDDEN = {
    "model": ("interpret", "training", "app", "gradio", *TRAINING_ONLY),
    "interpret": ("interpret.tabs", "training", "app", "gradio", *TRAINING_ONLY),
    "tabs": ("training", "app", *TRAINING_ONLY),
    "training": ("interpret.tabs", "app", "gradio"),
    "app": ("training", *TRAINING_ONLY),
    "deploy": ("app", "training", "interpret", "gradio", "torch", *TRAINING_ONLY),
    "benchmarks": ("app",),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_layer_may(path):
    forbidden = FORBIDDEN[layer(path)]
    wrong = {
        module
        for module in imported_modules(path)
        for name in forbidden
        if module == name or module.startswith(f"{name}.")
    }
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_served_or_trained_uses_pickle_eval_or_hooks(path):
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert not functions & {"eval", "exec"}
    assert not {name for name in methods if name.startswith("register_") and name.endswith("_hook")}
    assert "pickle" not in imported_modules(path)


def test_app_stays_under_a_hundred_lines():
    assert len((ROOT / "app.py").read_text().splitlines()) < 100
