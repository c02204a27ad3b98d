"""What the repository says of itself: the Space card, the requirements, the examples."""

import ast
import json
import re
import sys

import numpy as np
import pytest
import yaml
from packaging.specifiers import SpecifierSet
from PIL import Image

from interpret.misclassified.selection import errors_of
from interpret.misclassified.verdicts import UPHELD
from interpret.prediction import predict
from model.images import prepare, to_tensor
from tests.conftest import EXAMPLES, ROOT
from tests.stand_in_hub.repositories import problems_of_card

ENTRIES = json.loads((EXAMPLES / "examples.json").read_text())
PHOTOGRAPHS = json.loads((EXAMPLES / "photographs" / "photographs.json").read_text())
PACKAGE_OF_MODULE = {
    "PIL": "pillow",
    "pillow_heif": "pillow-heif",
    "gradio_client": "gradio",
    "mcp": "gradio",
    "starlette": "gradio",
    "anyio": "gradio",
}


def requirements(name: str) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    pins = [re.match(r"([\w-]+)(?:\[\w+\])?(.*)", line) for line in lines if line and not line.startswith("-r")]
    return {pin.group(1): pin.group(2) for pin in pins if pin}


def front_matter() -> dict:
    return yaml.safe_load((ROOT / "README.md").read_text().split("---")[1])


def test_the_space_runs_the_gradio_that_is_pinned():
    assert requirements("requirements.txt")["gradio"] == f"=={front_matter()['sdk_version']}"


def test_the_lock_file_names_a_version_that_is_required_of_each_package_with_its_hashes_and_no_host():
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    locked = {}
    for entry in entries:
        name, version, rest = re.match(r"([\w.-]+)==([\w.+]+)(.*)", entry, re.DOTALL).groups()
        assert "--hash=sha256:" in rest
        locked[name] = version
    for name, wanted in requirements("requirements.txt").items():
        assert SpecifierSet(wanted).contains(locked[name.replace("_", "-")]), name
    assert {"mcp", "pydantic", "gradio-client"} <= set(locked)
    assert "://" not in text and "/opt" not in text


def test_the_space_card_is_complete():
    card = front_matter()
    assert (card["sdk"], card["app_file"], card["license"]) == ("gradio", "app.py", "mit")
    assert isinstance(card["python_version"], str)
    assert len(card["short_description"]) <= 60
    assert {"title", "emoji", "colorFrom", "colorTo", "models", "datasets", "tags", "suggested_hardware"} <= set(card)


def test_the_space_card_keeps_the_rules_of_the_hub():
    assert problems_of_card((ROOT / "README.md").read_text(), "space") == []


def test_torch_and_torchvision_are_pinned_to_one_build():
    assert requirements("requirements.txt")["torch"] == "==2.11.0"
    assert requirements("training/requirements.txt")["torchvision"] == "==0.26.0"
    for name in ("requirements.txt", "training/requirements.txt", "requirements-dev.txt"):
        assert "index-url" not in (ROOT / name).read_text()


def test_the_space_installs_all_that_it_imports_and_nothing_that_only_training_needs():
    served = [*(ROOT / "model").rglob("*.py"), *(ROOT / "interpret").rglob("*.py"), ROOT / "app.py"]
    modules = set()
    for path in served:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    packages = {PACKAGE_OF_MODULE.get(module, module) for module in modules - set(sys.stdlib_module_names)}
    only_on_zero_gpu = {"spaces"}
    assert packages - {"model", "interpret"} - only_on_zero_gpu == set(requirements("requirements.txt"))


def test_there_is_one_example_per_class_and_a_few_that_the_network_gets_wrong(release):
    assert sorted(entry["label"] for entry in ENTRIES if entry["right"]) == sorted(release.config.class_names)
    assert 3 <= sum(not entry["right"] for entry in ENTRIES) <= 6


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_the_bundled_network_is_right_or_wrong_about_an_example_as_the_page_says(release, entry):
    logits, _ = predict(release.network, to_tensor(prepare(EXAMPLES / entry["file"])[None]))
    predicted = release.config.class_names[int(logits.argmax())]
    assert (predicted == entry["label"]) == entry["right"]
    if not entry["right"]:
        assert entry["caption"] == f"{entry['label']}, taken for {predicted}"


def test_every_example_file_is_listed_with_its_source():
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.*g")}
    assert files == {entry["file"] for entry in ENTRIES + PHOTOGRAPHS}
    sources = (EXAMPLES / "SOURCES.md").read_text()
    assert all(f"`{entry['file']}` | {entry['test_index']} |" in sources for entry in ENTRIES)
    for entry in PHOTOGRAPHS:
        (row,) = (line for line in sources.splitlines() if line.startswith(f"| `{entry['file']}` |"))
        *_, licence, source, shown, answer = (each.strip() for each in row.strip("|").split("|"))
        assert licence in ("CC0 1.0", "public domain") and "](https://" in source
        assert (shown, answer) == (entry["label"] or "none", entry["answer"])


def test_photographs_show_five_classes_and_two_things_that_are_none_in_sizes_that_load_at_once():
    labels = [entry["label"] for entry in PHOTOGRAPHS]
    assert len({*labels} - {None}) >= 5 and labels.count(None) >= 2
    for entry in PHOTOGRAPHS:
        path = EXAMPLES / entry["file"]
        with Image.open(path) as image:
            assert image.format == "JPEG" and max(image.size) == 512 and not image.getexif()
        assert path.stat().st_size <= 60_000
        assert (entry["label"] is None) == entry["caption"].endswith("none of the ten")


@pytest.mark.parametrize("entry", PHOTOGRAPHS, ids=lambda entry: entry["file"])
def test_the_bundled_network_answers_about_a_photograph_as_is_stated(release, entry):
    logits, _ = predict(release.network, to_tensor(prepare(EXAMPLES / entry["file"])[None]))
    assert release.config.class_names[int(logits.argmax())] == entry["answer"]


@pytest.mark.whole_data
def test_examples_are_pictures_of_the_test_set_and_of_none_that_was_trained_on(whole_data):

    train, test = whole_data
    trained_on = {image.tobytes() for image in train.images}
    for entry in ENTRIES:
        pixels = np.asarray(Image.open(EXAMPLES / entry["file"]))
        assert np.array_equal(pixels, test.images[entry["test_index"]])
        assert pixels.tobytes() not in trained_on


def test_an_example_that_the_network_gets_wrong_has_a_label_that_people_uphold(release):
    wrong = [entry["test_index"] for entry in ENTRIES if not entry["right"]]
    errors = errors_of(release)
    assert [errors.verdicts.names[errors.row_of(index)] for index in wrong] == [UPHELD] * 4
