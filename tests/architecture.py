"""The import layers of the project: `python -m tests.architecture` prints them, and fails on an arrow that runs up.

A room is a folder or a module. It may import itself and the rooms of lower layers, not its neighbours. `training` and
`interpret.tabs` stand side by side: both rest on what is below, and neither knows the other.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model", "interpret", "training", "benchmarks")

SHARED = (
    ("model",),
    ("interpret.choices", "interpret.link"),
    ("interpret.prediction",),
    ("interpret.attribution", "interpret.layers", "interpret.out_of_distribution"),
    ("interpret.drawing",),
    ("interpret.explainer",),
    ("interpret.explanation",),
    (
        "interpret.ledger",
        "interpret.comparison",
        "interpret.side_by_side",
        "interpret.enough_and_needed",
        "interpret.view",
        "interpret.across_pictures",
    ),
    ("interpret.misclassified",),
)
SERVING = (
    ("interpret.tabs.computing",),
    ("interpret.tabs.page", "interpret.tabs.process"),
    ("interpret.tabs.agents", "interpret.tabs.channel", "interpret.tabs.live"),
    ("interpret.tabs.gradcam", "interpret.tabs.misclassified", "interpret.tabs.feature_maps", "interpret.tabs.kernels"),
    ("app",),
)
TRAINING = (
    ("training.errors",),
    ("training.recipe",),
    ("training.presets",),
    ("training.options",),
    ("training.data",),
    ("training.fitting",),
    ("training.judging",),
    ("training.releasing",),
    ("training.pipeline",),
    ("training.train", "training.check_explanations", "training.inspect_data", "training.add_tables"),
)
DEPLOYING = (("deploy",),)
MEASURING = (("benchmarks",),)
TOWERS = {
    "serving": SHARED + SERVING,
    "training": SHARED + TRAINING,
    "deploying": (("model",), *DEPLOYING),
    "measuring": SHARED + TRAINING + MEASURING,
}
# Packages that only some rooms may import.
ONLY_IN = {
    "gradio": ("app", "interpret.tabs", "benchmarks"),
    "pytorch_lightning": ("training", "benchmarks"),
    "lightning_fabric": ("training", "benchmarks"),
    "albumentations": ("training", "benchmarks"),
    "torchmetrics": ("training",),
    "torchvision": ("training",),
    "pytorch_grad_cam": ("benchmarks",),
}


@dataclass(frozen=True)
class Module:
    """A module by its dotted name, and the dotted names that it imports."""

    name: str
    path: Path
    imports: frozenset[str]


def modules() -> list[Module]:
    """Every module of the project, tests aside."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    paths += [ROOT / "app.py", ROOT / "deploy.py"]
    return [Module(_name(path), path, frozenset(imported(path))) for path in paths]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """What a file imports, at its top or inside a function: modules, and names of modules that may be modules too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def room_of(name: str) -> str | None:
    """The room that a module is in; None for the empty package around rooms, and for other packages."""
    rooms = {room for tower in TOWERS.values() for layer in tower for room in layer}
    return next((room for room in rooms if is_in(name, room)), None)


def allowed_rooms(room: str) -> set[str]:
    """The room itself, and the lower layers of the tower that it stands in."""
    for tower in TOWERS.values():
        for height, layer in enumerate(tower):
            if room in layer:
                return {room, *(each for below in tower[:height] for each in below)}
    raise KeyError(room)


def arrows_up(module: Module) -> list[str]:
    """The imports of a module that it may not have."""
    room = room_of(module.name)
    found = {target for each in module.imports if (target := room_of(each)) is not None}
    wrong = sorted(found - allowed_rooms(room)) if room else sorted(found)
    wrong += [
        package
        for package, rooms in ONLY_IN.items()
        if any(is_in(each, package) for each in module.imports) and not any(is_in(module.name, each) for each in rooms)
    ]
    return [f"{module.name} imports {each}" for each in wrong]


def circle(found: list[Module]) -> list[str]:
    """Modules that import one another in a circle, if there are any."""
    names = {each.name for each in found}
    try:
        TopologicalSorter({each.name: each.imports & names for each in found}).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def drawing(found: list[Module]) -> str:
    """The layers as text, the highest first, with the number of modules in each room."""
    counts = {room_of(each.name): 0 for each in found}
    for each in found:
        counts[room_of(each.name)] += 1
    lines = []
    for title, layers in (("serving", SERVING), ("training", TRAINING), ("both rest on", SHARED)):
        lines.append(f"{title}:")
        for layer in reversed(layers):
            lines.append("    " + ", ".join(f"{room} ({counts[room]})" for room in layer if room in counts))
    lines.append("deploy rests on model alone; benchmarks rest on all but the page.")
    return "\n".join(lines)


def main() -> None:
    found = modules()
    faults = [fault for each in found for fault in arrows_up(each)]
    if around := circle(found):
        faults.append(f"in a circle: {' -> '.join(around)}")
    sys.stdout.write(drawing(found) + "\n")
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
