import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from interpret.attribution.methods import METHODS
from interpret.out_of_distribution import detector_of
from model.network import STAGE_NAMES
from model.release import BUNDLED, load_release, save_metrics, seal
from tests.conftest import EXAMPLES, ROOT, SUBSET
from training.check_explanations import main, parse_arguments
from training.judging.explanations.checks import MapChecks
from training.judging.explanations.erasing import erasing_table


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/check_explanations.py", "--data-dir", str(SUBSET), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


def test_it_prints_a_table_with_a_row_for_each_method():
    result = check("--count", "4")
    assert result.returncode == 0, result.stderr
    assert "Evidence adds up, for 4 pictures x 10 classes" in result.stdout + result.stderr
    for method in METHODS:
        assert f"| {method.title} | " in result.stdout + result.stderr


def test_bad_use_gets_one_clear_sentence(tmp_path):
    for arguments, sentence in (
        (["--count", "61"], "--count must be from 1 to 60, got 61"),
        (["--release", str(tmp_path)], str(tmp_path)),
    ):
        result = check(*arguments)
        assert result.returncode == 1
        assert sentence in result.stderr and "Traceback" not in result.stderr


def test_the_check_of_maps_is_the_default():
    assert parse_arguments([]) == parse_arguments(["maps"])
    assert parse_arguments(["--count", "7"]) == parse_arguments(["maps", "--count", "7"])
    assert (parse_arguments([]).check, parse_arguments([]).release) == ("maps", BUNDLED)


@pytest.mark.parametrize(
    "check",
    [["maps"], ["faithfulness"], ["erasing"], ["warning", "--others", "food=plates"], ["strength"], ["concurrency"]],
)
def test_common_options_stand_before_or_after_the_name_of_the_check(check):
    common = ["--data-dir", "images", "--release", "runs/one"]
    found = parse_arguments([*common, *check])
    assert found == parse_arguments([*check, *common])
    assert (found.check, found.data_dir, found.release) == (check[0], Path("images"), Path("runs/one"))


@pytest.mark.parametrize("check", ["maps", "faithfulness", "erasing"])
def test_a_count_stands_before_or_after_the_name_of_a_check_that_counts(check):
    assert parse_arguments(["--count", "7", check]).count == parse_arguments([check, "--count", "7"]).count == 7


@pytest.mark.parametrize("check", [["warning", "--others", "food=plates"], ["strength"], ["concurrency"]])
@pytest.mark.parametrize("before", [True, False])
def test_a_count_is_refused_by_a_check_that_counts_nothing(check, before, capsys):
    count = ["--count", "7"]
    with pytest.raises(SystemExit) as stopped:
        parse_arguments([*count, *check] if before else [*check, *count])
    assert stopped.value.code == 2
    assert "--count" in capsys.readouterr().err.splitlines()[-1]


def test_an_unknown_method_is_refused_in_one_sentence_that_names_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse_arguments(["faithfulness", "grad_cam", "lime"])
    assert stopped.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "lime" in last and all(method.name in last for method in METHODS)


@pytest.fixture
def release_folder(tmp_path: Path) -> Path:
    """A copy of the bundled release, as if 40 of the subset's training pictures had been held out."""
    folder = tmp_path / "release"
    shutil.copytree(BUNDLED, folder)
    release = load_release(folder)
    recipe = {**release.metrics.recipe, "validation_images": 40}
    save_metrics(replace(release.metrics, recipe=recipe, faithfulness=None), folder)
    seal(release.config, folder)
    return folder


def run(folder: Path, *arguments: str) -> None:
    main(["--data-dir", str(SUBSET), "--release", str(folder), *arguments])


def test_maps_are_checked_without_a_change_and_their_figures_written_on_request(release_folder, caplog):
    caplog.set_level(logging.INFO)
    before = (release_folder / "config.json").read_bytes()
    run(release_folder, "maps", "--count", "2")
    assert (release_folder / "config.json").read_bytes() == before
    run(release_folder, "maps", "--count", "2", "--write")
    written = load_release(release_folder).metrics.map_checks
    assert written.count == 2 and MapChecks(written).table() in caplog.text


def test_figures_of_maps_that_are_not_as_they_should_be_are_not_written(release_folder, monkeypatch):
    monkeypatch.setattr("training.judging.explanations.checks.MOST_ROUNDING", 0.0)
    before = (release_folder / "metrics.json").read_bytes()
    with pytest.raises(SystemExit, match="evidence misses the logit"):
        run(release_folder, "maps", "--count", "2", "--write")
    assert (release_folder / "metrics.json").read_bytes() == before


def test_measuring_the_warning_on_other_pictures_writes_it_into_a_release_that_stays_sound(release_folder):
    run(release_folder, "warning", "--others", f"examples={EXAMPLES}")
    detector = detector_of(load_release(release_folder).metrics)
    assert detector is not None
    assert detector.false_alarms.count == 60 and detector.detections["examples"].count == 21
    assert "21 examples" in (release_folder / "README.md").read_text()


def test_a_broken_card_is_said_before_anything_is_written(release_folder, capsys):
    (release_folder / "README.md").write_text("---\nlicense: mit\n")
    with pytest.raises(SystemExit, match=r"cannot be renewed: its metadata does not end"):
        run(release_folder, "warning", "--others", f"examples={EXAMPLES}")
    load_release(release_folder)


def test_faithfulness_is_written_method_by_method_and_kept(release_folder):
    run(release_folder, "faithfulness", "--count", "2", "hires_cam")
    run(release_folder, "faithfulness", "--count", "2", "random_cam", "ablation_cam")
    methods = load_release(release_folder).metrics.faithfulness.methods
    assert set(methods) == {"hires_cam", "random_cam", "ablation_cam"}
    run(release_folder, "faithfulness", "--count", "3", "hires_cam")
    assert set(load_release(release_folder).metrics.faithfulness.methods) == {"hires_cam"}, "other pictures"


def test_how_well_the_ledger_predicts_erasing_is_printed_and_written(release_folder, caplog):
    caplog.set_level(logging.INFO)
    run(release_folder, "erasing", "--count", "2")
    written = load_release(release_folder).metrics.erasing
    assert written.count == 2 and erasing_table(written) in caplog.text


def test_how_strong_maps_usually_are_is_printed_and_written_into_a_release_that_stays_sound(
    release_folder, monkeypatch, caplog
):
    monkeypatch.setattr("training.check_explanations.METHOD_NAMES", ("grad_cam", "ablation_cam"))
    monkeypatch.setattr("training.judging.explanations.strength.AT_MOST", 3)
    monkeypatch.setattr("training.judging.explanations.strength.AT_MOST_SLOW", 1)
    before = load_release(release_folder).metrics
    caplog.set_level(logging.INFO)
    run(release_folder, "strength")
    assert "| Grad-CAM | 3 | " in caplog.text and "| Ablation-CAM | 1 | " in caplog.text
    metrics = load_release(release_folder).metrics
    for method in ("grad_cam", "ablation_cam"):
        assert metrics.usual_strength(method, STAGE_NAMES[-1]) > 0
    assert replace(metrics, map_strength=None) == replace(before, map_strength=None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["warning", "--others", "food=/nowhere"], "no picture in /nowhere"),
        (["warning", "--others", f"a={EXAMPLES}", "a=/nowhere"], "two folders of the same name"),
    ],
)
def test_what_cannot_be_measured_is_said_and_nothing_is_written(release_folder, arguments, sentence):
    before = (release_folder / "metrics.json").read_bytes()
    with pytest.raises(SystemExit, match=sentence):
        run(release_folder, *arguments)
    assert (release_folder / "metrics.json").read_bytes() == before


@pytest.mark.parametrize("arguments", [["warning", "--others", f"examples={EXAMPLES}"], ["strength"]])
def test_a_release_whose_held_out_pictures_are_not_at_hand_is_refused(arguments):
    with pytest.raises(SystemExit, match="does not say which pictures its run held out"):
        run(BUNDLED, *arguments)


def test_concurrency_is_reported(monkeypatch, caplog, release_folder):
    for name, value in (("THREADS", 2), ("CALLS", 100), ("SLOW_CALLS", 20)):
        monkeypatch.setattr(f"training.judging.explanations.checks.{name}", value)
    monkeypatch.setattr("training.judging.explanations.checks.METHOD_NAMES", ("grad_cam", "layer_cam"))
    monkeypatch.setattr("training.judging.explanations.checks.SLOW", ("layer_cam",))
    caplog.set_level(logging.INFO)
    run(release_folder, "concurrency")
    assert "0 of 24 answers differ" in caplog.text
    assert "no hook, no gradient, no module in training mode" in caplog.text
