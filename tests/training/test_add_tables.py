"""A release gets its optional tables: whole, or not at all."""

import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY
from model.channels.pooled import POOLED
from model.metrics import Metrics, SplitFigures
from model.release import BUNDLED, WEIGHTS, load_release, save_metrics, seal
from model.samples import NEAREST, REVIEWS, Misclassified, save_misclassified
from tests.conftest import ROOT, SUBSET
from training.add_tables import TableOptions, main, parse_arguments
from training.data.cifar10 import load_cifar10
from training.judging.evaluation import logits_of, misclassified_of


@pytest.fixture(scope="module")
def errors(network) -> Misclassified:
    """The errors of the bundled network among the subset's test pictures."""
    _, test = load_cifar10(SUBSET)
    found = misclassified_of(test, logits_of(network, test), 1.0)
    assert 0 < len(found) < 10
    return found


def release_of(errors: Misclassified, folder: Path, count: int = 60) -> Path:
    """A release of the bundled network, with these errors of `count` test pictures, and no optional table."""
    folder.mkdir()
    shutil.copy(BUNDLED / WEIGHTS, folder)
    config = load_release(BUNDLED).config
    save_misclassified(errors, config.class_names, folder)
    save_metrics(Metrics(SplitFigures(count, len(errors), 1 - len(errors) / count)), folder)
    seal(config, folder)
    return folder


@pytest.fixture
def folder(errors, tmp_path) -> Path:
    return release_of(errors, tmp_path / "release")


def run(folder: Path) -> None:
    main(["--data-dir", str(SUBSET), "--release", str(folder)])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_adds_the_tables_says_how_large_they_are_and_names_the_new_release(folder, caplog):
    before = contents(folder)
    caplog.set_level(logging.INFO)
    run(folder)
    release = load_release(folder)
    assert len(release.nearest) == len(release.misclassified)
    assert release.lacks == {REVIEWS: "is not part of it"}, "the subset is not the whole test set"
    assert f"{NEAREST}: {(folder / NEAREST).stat().st_size / 1e3:.1f} kB" in caplog.text
    assert f"which is now release {release.identifier}" in caplog.text
    assert {name for name, content in contents(folder).items() if before.get(name) != content} == {
        "config.json",
        NEAREST,
        POOLED,
        GALLERY,
        CHANNELS,
    }


def test_lesions_are_measured_of_the_layers_that_are_asked_for_and_kept_when_tables_are_renewed(folder, monkeypatch):
    measured, asked = np.full((64, 10), 3), []

    def lesion_counts(network, judged, layers, progress, known):
        asked.append(layers)
        return dict.fromkeys(layers, measured)

    monkeypatch.setattr("training.add_tables.lesion_counts", lesion_counts)
    main(["--data-dir", str(SUBSET), "--release", str(folder), "--lesions", "prep_layer", "resnet_block3"])
    assert asked == [{"prep_layer": 64}], "the last layer's need no running"
    run(folder)
    facts = load_release(folder).channels
    assert np.array_equal(facts["prep_layer"].right_without, measured)
    assert facts["custom_block1"].right_without is None
    assert facts["resnet_block3"].right_without.shape == (512, 10)
    assert len(asked) == 1


def test_all_layers_can_be_asked_for_at_once_and_only_those_are_measured_that_the_release_lacks(folder, monkeypatch):
    asked = []

    def lesion_counts(network, judged, layers, *others):
        asked.append(set(layers))
        return {name: np.zeros((count, 10), int) for name, count in layers.items()}

    monkeypatch.setattr("training.add_tables.lesion_counts", lesion_counts)
    main(["--data-dir", str(SUBSET), "--release", str(folder), "--lesions", "prep_layer"])
    main(["--data-dir", str(SUBSET), "--release", str(folder), "--lesions", "all"])
    assert all(layer.right_without is not None for layer in load_release(folder).channels.values())
    assert asked[0] == {"prep_layer"} and len(asked[1]) == 8 and "prep_layer" not in asked[1]


def test_tables_that_are_there_are_renewed(folder):
    run(folder)
    fresh = contents(folder)
    (folder / NEAREST).write_bytes((folder / NEAREST).read_bytes() + b" ")
    seal(load_release(BUNDLED).config, folder)
    run(folder)
    assert contents(folder) == fresh


def changed(errors: Misclassified, name: str) -> Misclassified:
    other = getattr(errors, name).copy()
    other[-1] = 255 - other[-1] if name == "images" else (other[-1] + 1) % 10 if name == "labels" else 10_000
    return replace(errors, **{name: other})


@pytest.mark.parametrize("name", ["images", "labels", "test_indices"])
def test_other_data_is_refused_in_one_sentence_and_nothing_is_written(errors, tmp_path, name):
    folder = release_of(changed(errors, name), tmp_path / "release")
    before = contents(tmp_path)
    with pytest.raises(
        SystemExit, match=r"^add_tables\.py: .* was judged on other test pictures than this data has\.$"
    ):
        run(folder)
    assert contents(tmp_path) == before


def test_data_of_another_size_is_refused_and_nothing_is_written(errors, tmp_path):
    folder = release_of(errors, tmp_path / "release", count=10_000)
    before = contents(tmp_path)
    with pytest.raises(SystemExit, match="was judged on 10,000 test pictures; this data has 60"):
        run(folder)
    assert contents(tmp_path) == before


def test_a_failure_half_way_leaves_the_release_as_it_was(folder, monkeypatch):
    before = contents(folder.parent)

    def fail(config, folder):
        assert (folder / NEAREST).exists()
        raise MemoryError

    monkeypatch.setattr("training.add_tables.seal", fail)
    with pytest.raises(MemoryError):
        run(folder)
    assert contents(folder.parent) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data-dir", "/no/data"], "No data in /no/data"),
        (["--release", "tests/data"], "config.json"),
        (["--lesions", "pool4"], "Unknown layer 'pool4'"),
    ],
)
def test_bad_use_gets_one_clear_sentence(arguments, words):
    command = [sys.executable, "training/add_tables.py", "--data-dir", str(SUBSET), *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "add_tables.py: " in result.stderr and words in result.stderr and "Traceback" not in result.stderr


def test_the_bundled_release_is_the_default_and_help_explains_every_option(capsys):
    assert parse_arguments([]) == TableOptions(data_dir=None, release=BUNDLED)
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    said = capsys.readouterr().out
    for words in ("--data-dir FOLDER", "--release FOLDER", REVIEWS, NEAREST, "identifier"):
        assert words in said


def test_a_release_without_errors_gets_tables_too(errors, tmp_path):
    names = ("images", "test_indices", "labels", "predictions", "probabilities")
    folder = release_of(Misclassified(*(getattr(errors, name)[:0] for name in names)), tmp_path / "release")
    run(folder)
    assert np.size(load_release(folder).nearest.train_indices) == 0
