"""The notebooks run from top to bottom in a fresh process, set themselves up elsewhere too, and are committed bare."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SUBSET
from tests.docs.notebooks import NOTEBOOKS, bare, read, written

RUNNER = Path(__file__).with_name("run_notebook.py")
LINKED = ("app.py", "model", "interpret", "training", "tests", "examples")
ONLY_FOR_TRAINING = ("pytorch_lightning", "albumentations", "cv2", "torchmetrics", "torchvision", "scipy")
UNWANTED = {"training": ("gradio",), "explaining": ("gradio", *ONLY_FOR_TRAINING)}
PLACEHOLDER = "https://huggingface.co/spaces/<user>/cifar-xray"
REQUIREMENTS = re.compile(r"^REQUIREMENTS = (\(.*\))$", re.MULTILINE)


def run(notebook: Path, *unwanted: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The notebook's cells in a process of its own that starts in its folder, on the CPU."""
    return subprocess.run(
        [sys.executable, "-P", RUNNER, notebook, *unwanted],
        cwd=notebook.parent,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "CIFAR10_DIR": str(SUBSET), **environment},
        capture_output=True,
        text=True,
        timeout=550,
    )


def write(folder: Path, *cells: str) -> Path:
    """A notebook of these cells."""
    coded = [{"cell_type": "code", "id": f"number-{at}", "source": cell} for at, cell in enumerate(cells, start=1)]
    path = folder / "written.ipynb"
    path.write_text(json.dumps({"cells": coded}))
    return path


def sources(notebook: Path, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in read(notebook)["cells"] if cell["cell_type"] == kind]


def setup_of(name: str) -> str:
    return sources(ROOT / "notebooks" / f"{name}.ipynb", "code")[0]


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """The repository as links: what a notebook writes stays out of the repository itself."""
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside every repository; beside it stands `origin`, which can be cloned and has what a setup needs."""
    origin, folder = tmp_path / "origin", tmp_path / "elsewhere"
    for name, content in (
        ("interpret/explainer.py", "CLONED = True\n"),
        ("requirements.txt", "pytest\n"),
        ("training/requirements.txt", "pytest-timeout\n"),
    ):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_text(content)
    git = ["git", "-C", origin, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "All of it"]):
        subprocess.run([*git, *arguments], check=True)
    folder.mkdir()
    return folder


def test_there_is_a_notebook_on_training_and_one_on_explaining():
    assert {path.stem for path in NOTEBOOKS} == set(UNWANTED)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_and_loads_no_package_that_it_does_without(notebook, linked):
    copy = linked / "notebooks" / notebook.name
    copy.write_text(notebook.read_text())
    result = run(copy, *UNWANTED[notebook.stem])
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert len(re.findall(r"^\[cell \d+ ", result.stdout, re.MULTILINE)) == len(sources(notebook, "code"))


def test_a_cell_that_fails_is_named_by_its_number_and_its_error(tmp_path):
    result = run(write(tmp_path, "one = 1", "one / 0", "print('never')"))
    assert result.returncode == 1 and "never" not in result.stdout
    assert "written.ipynb, cell 2 (number-2): ZeroDivisionError: division by zero" in result.stderr


def test_a_package_that_was_not_to_be_loaded_is_named(tmp_path):
    result = run(write(tmp_path, "import colorsys"), "colorsys", "wave")
    assert result.returncode == 1 and result.stderr == "written.ipynb has loaded colorsys\n"


def test_outside_the_repository_the_setup_clones_it_once_and_installs_its_packages(elsewhere):
    setup = setup_of("training").replace(PLACEHOLDER, str(elsewhere.parent / "origin"))
    looked_at = "from interpret.explainer import CLONED\nprint('clone', CLONED, Path.cwd().name)"
    for _ in range(2):
        result = run(write(elsewhere, setup, looked_at), PIP_NO_INDEX="1")
        assert result.returncode == 0, result.stderr
        assert "clone True cifar-xray" in result.stdout


def test_a_package_that_cannot_be_installed_ends_the_setup(elsewhere):
    (elsewhere / "cifar-xray").mkdir()
    (elsewhere / "cifar-xray" / "requirements.txt").write_text("no-such-package-of-anybody\n")
    result = run(write(elsewhere, setup_of("explaining")), PIP_NO_INDEX="1")
    assert result.returncode == 1 and "cell 1 (number-1): CalledProcessError" in result.stderr


def test_outside_the_repository_the_setup_asks_where_it_can_be_cloned_from(tmp_path):
    result = run(write(tmp_path, setup_of("explaining")))
    assert result.returncode == 1 and "name in REPOSITORY where it can be cloned from" in result.stderr


def test_the_setups_differ_in_the_packages_that_they_need_alone():
    setups = [setup_of("explaining"), setup_of("training")]
    needed = [REQUIREMENTS.search(setup)[1] for setup in setups]
    assert needed == ['("requirements.txt",)', '("requirements.txt", "training/requirements.txt")']
    assert len({REQUIREMENTS.sub("", setup) for setup in setups}) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs_and_with_the_least_metadata(notebook):
    assert notebook.read_text() == written(bare(read(notebook))), "python -m tests.docs.notebooks takes them off"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_have_ids_that_nbformat_allows_and_no_two_have_the_same(notebook):
    ids = [cell["id"] for cell in read(notebook)["cells"]]
    assert len(set(ids)) == len(ids)
    assert [each for each in ids if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", each)] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_files_that_a_notebook_names_exist(notebook):
    named = re.findall(r"(?:docs|training|interpret)/[\w/]+\.\w+", "\n".join(sources(notebook, "markdown")))
    assert named and [name for name in named if not (ROOT / name).exists()] == []


def test_outputs_counts_and_metadata_of_an_editor_are_taken_off():
    cell = {
        "cell_type": "code",
        "execution_count": 7,
        "id": "sum",
        "metadata": {"collapsed": True},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "3\n"}],
        "source": "1 + 2\nprint(3)",
    }
    found = bare({"cells": [cell], "metadata": {"colab": {"provenance": []}}, "nbformat": 4, "nbformat_minor": 2})
    kept = {"execution_count": None, "metadata": {}, "outputs": [], "source": ["1 + 2\n", "print(3)"]}
    assert found["cells"] == [cell | kept]
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5) and "colab" not in found["metadata"]
