"""Every figure in a document is that of its source: the bundled release, the presets, what a benchmark prints."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from interpret.attribution.methods import METHOD_NAMES, METHODS
from interpret.drawing.words import faithfulness_table
from interpret.tabs.page.components.inputs import MAX_UPLOAD
from model.network import CifarResNet
from model.uploads.frames import MAX_FRAMES, MAX_LOOKED_AT
from model.uploads.limits import MAX_BYTES, MAX_JPEG_PIXELS, MAX_PIXELS, READABLE
from tests.conftest import ROOT
from tests.docs import DOCS, DOCUMENTS, README, name_of, rows
from training.judging.explanations.checks import MapChecks
from training.judging.explanations.erasing import erasing_table
from training.presets import DEFAULT, PRESETS
from training.recipe import Recipe

EXPERIMENTS = (ROOT / "training" / "EXPERIMENTS.md").read_text()
TRUST, TRAINING, SPEED = ((DOCS / f"{name}.md").read_text() for name in ("trust", "training", "performance"))
RESULTS = {row[0]: row[1:] for row in rows(README.read_text(), "")}
KINDS = ("measured: ", "published: ", "the course project")
A_BENCHMARK = re.compile(r"(.+?) +(\d+\.\d\d)  ([<>]=) ([\d.]+) +(ok|MISSED)(?:  +(.+))?")


def test_every_result_of_the_readme_says_whether_it_was_measured():
    assert all(name.startswith(KINDS) for name in RESULTS)
    assert not [name for name in RESULTS if "target" in name or "aim" in name]


def test_the_readmes_result_of_the_bundled_release_is_its_own(release):
    test, further = release.metrics.test, release.metrics.further_test_figures
    assert RESULTS[f"measured: `{release.metrics.preset}`, the bundled release"] == [
        str(release.metrics.recipe["epochs"]),
        f"{release.test_accuracy:.2%}",
        f"{further.accuracy_flip_tta:.2%}",
        f"{test.ece:.2%}",
    ]
    text = README.read_text()
    assert f"all {test.errors} test pictures" in text and f"{test.count:,} test pictures" in text
    assert f"seed {release.metrics.seed}, on\n{release.metrics.training_images:,} training pictures" in text


def test_other_results_that_were_measured_are_those_of_the_presets_and_of_what_was_tried():
    epochs, accuracy, averaged, ece = RESULTS["measured: `fast`"]
    assert PRESETS["fast"].recipe.epochs == int(epochs) and PRESETS["fast"].accuracy.startswith(accuracy)
    (run,) = [line for line in EXPERIMENTS.splitlines() if line.startswith("| the fast preset")]
    assert f"test {accuracy} ({averaged} flip TTA" in run and f"ECE {ece}" in run
    assert (
        PRESETS["long"].accuracy == "not measured" and "`long`, of 80 epochs,\nhas not been run" in README.read_text()
    )
    assert PRESETS["long"].recipe.epochs == 80


def test_published_results_are_the_published_ones():
    """Of cifar10-fast with CELU, as its author gives them; and of the course project."""
    published = {name: figures for name, figures in RESULTS.items() if not name.startswith("measured")}
    assert [figures for name, figures in published.items()] == [
        ["24", "94.68%", "95.12%", "not stated"],
        ["80", "95.72%", "96.13%", "not stated"],
        ["24", "90.13%", "not stated", "not stated"],
    ]


def test_targets_are_called_so_and_it_is_said_that_they_are_missed(release):
    said = re.search(r"The targets were (.+?) for `standard` and (.+?) for `fast`; both are missed", README.read_text())
    (standard, standard_averaged), (fast, fast_averaged) = (re.findall(r"[\d.]+%", part) for part in said.groups())
    assert f"{fast} and {fast_averaged} for `fast`, {standard} and {standard_averaged} for `standard`" in TRAINING
    assert f"short of the {fast} and {fast_averaged} aimed at" in EXPERIMENTS
    assert float(standard.rstrip("%")) / 100 > release.test_accuracy


def test_the_table_of_presets_is_that_of_the_presets():
    table = {re.match(r"`(\w+)`", row[0])[1]: row for row in rows(TRAINING, "preset")}
    assert list(table) == list(PRESETS)
    for name, preset in PRESETS.items():
        _, epochs, accuracy, cost = table[name]
        assert int(epochs) == preset.recipe.epochs
        assert accuracy.split(",")[0] == preset.accuracy.split(" (")[0]
        assert cost.split()[0].rstrip(";") == preset.cost.split()[0]
    assert "(the default)" in table[DEFAULT][0]
    assert f"{Recipe(epochs=1).validation_images:,} pictures are held out" in TRAINING


def test_the_table_of_checks_is_that_of_the_bundled_release(release):
    assert release.metrics.map_checks is not None
    assert MapChecks(release.metrics.map_checks).table() in TRUST


def test_the_table_of_faithfulness_is_that_of_the_bundled_release(release):
    assert release.metrics.faithfulness is not None
    assert faithfulness_table(release.metrics.faithfulness) in TRUST


def test_the_table_of_erasing_is_that_of_the_bundled_release(release):
    found = release.metrics.erasing
    assert found is not None and erasing_table(found) in TRUST
    assert f"For each of {found.count:,} test pictures" in TRUST


def test_the_table_of_the_warning_is_that_of_the_bundled_release(release):
    found = release.metrics.out_of_distribution
    false_alarms = {"CIFAR-10's test pictures (false alarms)": found.false_alarms}
    assert rows(TRUST, "pictures") == [
        [name, f"{each.count:,}", f"{each.rate:.1%}"] for name, each in (false_alarms | dict(found.detections)).items()
    ]


def test_maps_were_judged_strong_or_weak_by_as_many_pictures_as_it_says(release):
    assert f"On the {release.metrics.validation.count:,} pictures that the release's run held out" in TRUST


def test_what_is_lost_without_a_channel_is_known_of_all_layers_of_the_bundled_release(release):
    assert "The bundled release knows it of all ten layers" in (DOCS / "explanations.md").read_text()
    assert [layer.right_without is None for layer in release.channels.values()] == [False] * 10


def test_kinds_of_methods_are_those_that_there_are():
    text = (DOCS / "explanations.md").read_text()
    kinds = dict(
        re.findall(r"^\| (adds up[\w ]*|by gradients|measured[\w ]*|control) \| ([^|]+) \|", text, re.MULTILINE)
    )
    listed = {title for titles in kinds.values() for title in titles.strip().split(", ")}
    assert listed == {method.title for method in METHODS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_methods_are_counted(document):
    numbers = {"twelve": 12, "thirteen": 13, "fourteen": 14, "13": 13, "14": 14}
    counted = re.findall(r"\b(\w+) methods\b", document.read_text())
    assert [word for word in counted if numbers.get(word, len(METHOD_NAMES)) != len(METHOD_NAMES)] == []


def test_limits_of_uploads_are_those_that_are_kept_to():
    text = (DOCS / "api.md").read_text()
    each, jpeg, looked_at = (number // 1_000_000 for number in (MAX_PIXELS, MAX_JPEG_PIXELS, MAX_LOOKED_AT))
    assert f"a file may have {MAX_UPLOAD // 2**20} MB and {each} megapixels; a JPEG {jpeg} megapixels" in text
    assert f"({MAX_FRAMES} are looked at, or as many as have {looked_at} megapixels" in text
    assert f"fits into {MAX_BYTES // 1_000_000} MB" in text
    assert set(re.split(r", | or ", READABLE)) <= set(re.findall(r"[A-Za-z]+", text))


def test_parameters_are_counted():
    assert (
        f"{sum(each.numel() for each in CifarResNet().parameters()):,} parameters" in (DOCS / "releases.md").read_text()
    )


def strings_in(path: Path) -> Iterator[str]:
    """Every text in a program; what is filled in is a line of dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)


@pytest.mark.parametrize("program", ["explaining", "serving", "training"])
def test_what_a_benchmark_printed_is_judged_as_it_judges(program):
    texts = list(strings_in(ROOT / "benchmarks" / f"{program}.py"))
    source = (ROOT / "benchmarks" / f"{program}.py").read_text()
    printed = re.split(r"```text\n|```\n", SPEED.partition(f"python benchmarks/{program}.py")[2], maxsplit=3)[2]
    lines = [found.groups() for line in printed.splitlines() if (found := A_BENCHMARK.fullmatch(line.rstrip()))]
    assert len(lines) >= 4
    for name, value, sign, bound, verdict, _ in lines:
        assert any(re.fullmatch(re.escape(text).replace("…", ".+"), name) for text in texts if len(text) > 5), name
        assert re.search(rf"\b{re.escape(bound)}\b", source), bound
        holds = float(value) <= float(bound) if sign == "<=" else float(value) >= float(bound)
        assert holds == (verdict == "ok"), name


def test_the_readmes_speeds_are_those_that_were_measured():
    (said,) = re.findall(r"^Speed, measured on (.*?)\n\n", README.read_text(), re.DOTALL | re.MULTILINE)
    figures = re.findall(r"[\d.]+ (?:ms|s)\b|\d+(?= pictures a second)", said)
    assert len(figures) == 4
    assert [figure for figure in figures if not re.search(rf"\b{re.escape(figure)}\b", SPEED)] == []
    assert said.startswith("two EPYC cores without AVX-512") and "two cores of an AMD EPYC without AVX-512" in SPEED
    assert "On two Zen 4 cores training" in said and "on two Zen 4 cores" in SPEED
    assert "No figure is from a GPU" in said and "no figure on this page is from a GPU" in SPEED


QUOTED = re.compile(r"“([^”]+)”")
SAID_BY_OTHERS = (
    "operator torchvision::nms does not exist",
    "has not enabled verbose error reporting",
    "(bundled)",
)


def test_errors_that_are_quoted_are_said_by_the_program_in_these_words():
    programs = [path for folder in ("model", "interpret", "training") for path in (ROOT / folder).rglob("*.py")]
    programs += [ROOT / "deploy.py", ROOT / "tests" / "browsing" / "__init__.py", ROOT / "tests" / "conftest.py"]
    said = " ".join(" ".join(text.split()) for path in programs for text in strings_in(path))
    said += " ".join(path.read_text() for path in (ROOT / "interpret").rglob("*.js"))
    quoted = [" ".join(each.split()) for each in QUOTED.findall((DOCS / "faq.md").read_text())]
    assert len(quoted) > 15
    parts = [part.strip() for each in quoted if each not in SAID_BY_OTHERS for part in each.split("…")]
    assert [part for part in parts if part.strip(" .,") and part.rstrip(".") not in said] == []
