"""Real, short training runs on the subset that is shipped with the tests."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
import yaml

from interpret.out_of_distribution import detector_of
from model.release import WEIGHTS, load_release
from tests.conftest import ROOT, SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.module import CifarLitModule
from training.fitting.run import (
    ResumeError,
    RunFolder,
    RunFolderError,
    WholeCheckpoints,
    build_trainer,
    newest_checkpoint,
)
from training.pipeline import chosen_precision, prepare_run
from training.presets import PRESETS
from training.recipe import Recipe
from training.releasing.figures import read_curves
from training.train import parse_arguments

SHORT = ["--batch-size", "25", "--validation-images", "20", "--accelerator", "cpu", "--precision", "32-true"]
FINISHED = ["--epochs", "2", "--batch-size", "50", *SHORT[2:]]


def train(*arguments: str, data: Path = SUBSET) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "training/train.py", "--data-dir", str(data), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


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
        "README.md",
        "config.json",
        "metrics.json",
        "misclassified.parquet",
        "model.safetensors",
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


def fit(
    folder: RunFolder,
    recipe: Recipe,
    stop_at: int | None = None,
    resume: bool = False,
    checkpoint_every: timedelta = timedelta(0),
) -> dict[str, torch.Tensor]:
    """Trains; stops with an exception after `stop_at` steps, as a kill would, the last checkpoint being on disk."""

    class Stop(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            if trainer.global_step == stop_at:
                raise InterruptedError

    pl.seed_everything(recipe.seed)
    data = Cifar10DataModule(*load_cifar10(SUBSET), recipe, (0.5, 0.5, 0.5))
    module = CifarLitModule(recipe, len(data.batches))
    trainer = build_trainer(
        folder,
        recipe,
        steps_per_epoch=len(data.batches),
        accelerator="cpu",
        precision="32-true",
        checkpoint_every=checkpoint_every,
    )
    trainer.callbacks.append(Stop())  # type: ignore[attr-defined]
    if stop_at is None:
        trainer.fit(module, data, ckpt_path=folder.last_checkpoint if resume else None)
    else:
        with pytest.raises(InterruptedError):
            trainer.fit(module, data)
    return {name: tensor.clone() for name, tensor in module.network.state_dict().items()}


@pytest.mark.parametrize("stop_at", [1, 4, 5], ids=["in the first epoch", "between epochs", "in the second epoch"])
def test_an_interrupted_run_resumes_to_the_same_weights_bit_for_bit(tmp_path, stop_at):
    recipe = Recipe(epochs=2, batch_size=25, validation_images=20)
    whole = fit(RunFolder(tmp_path / "whole"), recipe)
    folder = RunFolder(tmp_path / "interrupted")
    fit(folder, recipe, stop_at=stop_at)
    resumed = fit(folder, recipe, resume=True)
    assert all(torch.equal(whole[name], tensor) for name, tensor in resumed.items())
    curves, whole_curves = (read_curves(each.metrics_csvs) for each in (folder, RunFolder(tmp_path / "whole")))
    assert curves["lr-MuonSGD/rest"][0] == [3, 7]
    assert all(curves[name] == whole_curves[name] for name in ("train/loss", "train/accuracy", "val/loss"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda each: each.name)
def test_a_stopped_run_is_finished_by_resume_with_the_same_weights(finished, tmp_path, number):
    command = [sys.executable, "training/train.py", "--data-dir", str(SUBSET), *FINISHED]
    with (tmp_path.parent / f"{number.name}.txt").open("w+") as errors:
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors
        )
        deadline = time.monotonic() + 200
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


def test_resume_does_not_take_up_an_older_run_than_the_one_that_was_started_last(tmp_path):
    for name, files in (("old", ["recipe.json", "checkpoints/last.ckpt"]), ("new", ["recipe.json"])):
        for age, each in enumerate(files):
            path = tmp_path / name / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (0, 1_000 + age + 10 * (name == "new")))
    with pytest.raises(ResumeError, match=r"new was stopped before its first checkpoint.* such as \S+old"):
        newest_checkpoint(tmp_path)
    (tmp_path / "new" / "recipe.json").unlink()
    assert newest_checkpoint(tmp_path) == tmp_path / "old" / "checkpoints" / "last.ckpt"


def test_a_place_where_no_run_can_be_kept_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match=r"cannot be kept in \S+file/run: Not a directory\."):
        RunFolder(tmp_path / "file" / "run").start(Recipe(), {})


def test_a_run_does_not_resume_with_another_number_of_processes(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    with pytest.raises(ResumeError, match=r"started with 1 processes.* cannot resume with 2"):
        prepare_run(parse_arguments(["--resume", str(checkpoint), "--devices", "2"]))


def test_a_checkpoint_replaces_the_one_before_it_only_when_it_is_whole(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"step": 1}, path)
    with pytest.raises(Exception, match="pickle"):
        WholeCheckpoints().save_checkpoint({"step": lambda: 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}


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
    result = train(*arguments, "--out", str(tmp_path))
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_run_resumes_from_a_named_checkpoint_and_refuses_another_recipe(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    result = train("--resume", str(checkpoint), *SHORT[4:])
    assert result.returncode == 0, result.stderr
    refused = train("--resume", str(checkpoint), "--epochs", "3", *SHORT[4:])
    assert "it cannot resume with {'epochs': 3}" in refused.stderr


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_preset_is_the_recipe_unless_an_option_changes_it(tmp_path, preset):
    _, recipe, _ = prepare_run(parse_arguments(["--preset", preset, "--seed", "7", "--out", str(tmp_path)]))
    assert recipe == replace(PRESETS[preset].recipe, seed=7)
    _, changed, _ = prepare_run(parse_arguments(["--preset", preset, "--epochs", "3", "--out", str(tmp_path)]))
    assert changed == replace(PRESETS[preset].recipe, epochs=3)


def test_a_run_does_not_resume_with_another_preset(finished):
    (checkpoint,) = finished.glob("checkpoints/epoch=*.ckpt")
    with pytest.raises(ResumeError, match=r"cannot resume with .*'epochs': 10"):
        prepare_run(parse_arguments(["--resume", str(checkpoint), "--preset", "fast"]))


def test_a_resumed_run_keeps_the_precision_that_it_began_with(finished, monkeypatch):
    monkeypatch.setattr("training.pipeline.fast_precision", lambda _, measure: "bf16-mixed")
    options, folder = parse_arguments([]), RunFolder(finished)
    assert chosen_precision(options, folder, resumed=True) == "32-true"
    assert chosen_precision(options, folder, resumed=False) == "bf16-mixed"
    assert chosen_precision(parse_arguments(["--precision", "16-mixed"]), folder, resumed=True) == "16-mixed"


def test_the_summary_lists_every_layer_with_its_parameters_and_sizes(finished):
    summary = (finished / "stdout.txt").read_text()
    (line,) = [line for line in summary.splitlines() if "network.resnet_block3.3 " in line]
    assert re.search(r"Conv2d .* 2\.4 M .* \[1, 512, 4, 4\]", line)


def test_the_last_checkpoint_is_written_after_every_epoch_even_if_validation_grew_worse(tmp_path):
    recipe = Recipe(epochs=3, batch_size=50, validation_images=20, max_lr=1e-9)  # nothing improves
    folder = RunFolder(tmp_path)
    fit(folder, recipe, checkpoint_every=timedelta(hours=1))
    assert torch.load(folder.last_checkpoint, weights_only=True)["global_step"] == 6


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
