"""Real, short training runs on the subset that is shipped with the tests."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from interpret.out_of_distribution import detector_of
from model.release import WEIGHTS, load_release
from tests.conftest import ROOT, SUBSET
from training.data.cifar10 import load_cifar10
from training.fitting.run_folder import ResumeError, RunFolder, prepare_run
from training.releasing.figures import read_curves
from training.train import main, parse_arguments

SHORT = ["--batch-size", "25", "--validation-images", "20", "--accelerator", "cpu", "--precision", "32-true"]
FINISHED = ["--epochs", "2", "--batch-size", "50", *SHORT[2:]]


def train(*arguments: str, data: Path = SUBSET) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/train.py", "--data-dir", str(data), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs of two steps, started from the command line as a user would."""
    out = tmp_path_factory.mktemp("runs")
    result = train(*FINISHED, "--out", str(out))
    assert result.returncode == 0, result.stderr
    (run,) = out.iterdir()
    (run / "stdout.txt").write_text(result.stdout + result.stderr)
    return run


def test_a_run_writes_a_release_that_loads(finished):
    release = load_release(finished / "release")
    assert release.metrics.test.count == 60
    assert release.metrics.recipe["epochs"] == 2 and release.metrics.preset is None
    assert release.metrics.training_images == 100
    assert {"seed", "seconds", "hardware", "versions", "git_commit", "validation"} <= set(release.metrics.document())
    detector = detector_of(release.metrics)
    assert detector is not None and detector.false_alarms.count == 60


def test_its_metrics_are_those_of_the_weights_as_stored(finished):
    from training.judging.evaluation import figures_of, logits_of

    release = load_release(finished / "release")
    _, test = load_cifar10(SUBSET)
    logits = logits_of(release.network, test)
    assert figures_of(logits, test.labels, release.config.temperature) == release.metrics.test


def test_it_leaves_the_figures_and_the_card_that_the_release_promises(finished):
    files = {str(path.relative_to(finished / "release")) for path in (finished / "release").rglob("*.*")}
    assert files == {
        "channels.parquet",
        "README.md",
        "config.json",
        "gallery.parquet",
        "metrics.json",
        "misclassified.parquet",
        "model.safetensors",
        "nearest_training.parquet",
        "pooled_maxima.parquet",
        *(f"figures/{name}.png" for name in ("training_curves", "confusion_matrix", "reliability", "contact_sheet")),
    }


def test_it_logs_loss_accuracy_and_learning_rate_of_each_phase(finished):
    curves = read_curves(RunFolder(finished).metrics_csvs)
    assert {"train/loss", "train/accuracy", "val/loss", "val/accuracy"} <= set(curves)
    assert curves["lr-MuonSGD/rest"][0] == [1, 3]
    assert list((finished / "tensorboard").glob("events.out.tfevents.*"))


def test_it_prints_a_table_of_validation_and_test_figures(finished):
    printed = (finished / "stdout.txt").read_text()
    assert "validation" in printed and "accuracy" in printed and "ECE" in printed


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda each: each.name)
def test_a_stopped_run_is_finished_by_resume_with_the_same_weights(finished, tmp_path, number):
    command = [sys.executable, "training/train.py", "--data-dir", str(SUBSET), *FINISHED]
    with (tmp_path.parent / f"{number.name}.txt").open("w+") as errors:
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors
        )
        deadline = time.monotonic() + 600
        while not list(tmp_path.glob("*/checkpoints/last.ckpt")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, number)
        code = process.wait()
        errors.seek(0)
        said = errors.read()
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 1)
    assert number == signal.SIGKILL or re.search(r"was stopped in epoch \d; --resume \S+last.ckpt continues it", said)
    assert not list(tmp_path.glob("*/release"))
    result = train("--resume", "--out", str(tmp_path), "--accelerator", "cpu", "--precision", "32-true")
    assert result.returncode == 0, result.stderr
    (run,) = tmp_path.iterdir()
    assert (run / "release" / WEIGHTS).read_bytes() == (finished / "release" / WEIGHTS).read_bytes()


def test_a_run_does_not_resume_with_another_number_of_processes(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    with pytest.raises(ResumeError, match=r"started with 1 processes.* cannot resume with 2"):
        prepare_run(parse_arguments(["--resume", str(checkpoint), "--devices", "2"]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume"], "nothing to resume"),
        (["--resume", "nowhere.ckpt"], "no checkpoint nowhere.ckpt"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--batch-size", "4000", "--validation-images", "20"], "batch of 4000 is larger"),
        (["--validation-images", "5000"], "Cannot hold out 5000 of 120"),
        (["--accelerator", "gpu"], "no CUDA device"),
        (["--devices", "0"], "--devices must be at least 1, got 0"),
        (["--devices", "3", "--batch-size", "50", *SHORT[2:]], "batch of 50 cannot be shared evenly by 3 processes"),
    ],
)
def test_bad_use_gets_one_clear_sentence(tmp_path, arguments, sentence):
    if arguments == ["--accelerator", "gpu"] and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(SystemExit) as stopped:
        main(["--data-dir", str(SUBSET), *arguments, "--out", str(tmp_path)])
    assert str(stopped.value).startswith("train.py: ") and sentence in str(stopped.value)


def test_a_sentence_about_bad_use_is_all_that_the_command_says(tmp_path):
    result = train("--batch-size", "4000", "--validation-images", "20", "--out", str(tmp_path))
    assert result.returncode == 1
    assert "batch of 4000 is larger" in result.stderr and "Traceback" not in result.stderr


def test_a_run_resumes_from_a_named_checkpoint_and_refuses_another_recipe(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    result = train("--resume", str(checkpoint), *SHORT[4:])
    assert result.returncode == 0, result.stderr
    refused = train("--resume", str(checkpoint), "--epochs", "3", *SHORT[4:])
    assert "it cannot resume with {'epochs': 3}" in refused.stderr


def test_a_run_does_not_resume_with_another_preset(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    with pytest.raises(ResumeError, match=r"cannot resume with .*'epochs': 10"):
        prepare_run(parse_arguments(["--resume", str(checkpoint), "--preset", "fast"]))


def test_the_summary_lists_every_layer_with_its_parameters_and_sizes(finished):
    summary = (finished / "stdout.txt").read_text()
    (line,) = [line for line in summary.splitlines() if "network.resnet_block3.3 " in line]
    assert re.search(r"Conv2d .* 2\.4 M .* \[1, 512, 4, 4\]", line)


def test_the_model_card_has_metadata_that_the_hub_can_read(finished):
    card = yaml.safe_load((finished / "release" / "README.md").read_text().split("---")[1])
    (result,) = card["model-index"][0]["results"]
    figures = {metric["name"]: metric["value"] for metric in result["metrics"]}
    test = load_release(finished / "release").metrics.test
    assert figures["Test accuracy"] == pytest.approx(test.accuracy)
    assert figures["Test ECE, 15 bins"] == pytest.approx(test.ece, abs=1e-4)


def test_an_empty_data_folder_is_answered_before_anything_is_written(tmp_path):
    out = tmp_path / "runs"
    result = train("--out", str(out), data=tmp_path)
    assert "No CIFAR-10 in" in result.stderr
    assert not out.exists()
