import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import pytorch_lightning as pl
from pytorch_lightning.utilities._pytree import _map_and_unflatten, _tree_flatten

from tests.conftest import ROOT
from training.options import PushOptions, RunOptions
from training.train import hush_lightning, main, parse_arguments


@pytest.fixture(autouse=True)
def started_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE", "SLURM_STEP_ID"):
        monkeypatch.delenv(name, raising=False)


def test_a_bare_command_takes_every_default():
    assert parse_arguments([]) == RunOptions()


def test_options_of_the_recipe_are_changes_to_the_preset_and_no_others_are_made():
    options = parse_arguments(["--preset", "fast", "--epochs", "3", "--max-lr", "0.2", "--seed", "0"])
    assert options == RunOptions(preset="fast", changes={"epochs": 3, "max_lr": 0.2, "seed": 0})


def test_what_torchrun_started_is_the_default_number_of_processes(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert parse_arguments([]) == RunOptions(devices=4, num_nodes=2)
    assert parse_arguments(["--devices", "2"]) == RunOptions(devices=2, num_nodes=2)


@pytest.mark.parametrize(
    ("arguments", "resume", "checkpoint"),
    [([], False, None), (["--resume"], True, None), (["--resume", "last.ckpt"], True, Path("last.ckpt"))],
)
def test_a_run_resumes_from_a_named_checkpoint_or_from_the_newest(arguments, resume, checkpoint):
    assert parse_arguments(arguments) == RunOptions(resume=resume, checkpoint=checkpoint)


def test_where_to_push_travels_in_one_piece():
    where = ["--repo-id", "somebody/net", "--private", "--revision", "trial", "--allow-excerpt", "--allow-worse"]
    assert parse_arguments(["--push", *where]).push == PushOptions(
        push=True, repo_id="somebody/net", private=True, revision="trial", allow_excerpt=True, allow_worse=True
    )
    assert parse_arguments(["--push-only", "here"]).push == PushOptions(push_only=Path("here"))


def test_weights_from_elsewhere_come_with_their_normalisation_and_can_be_pushed():
    arguments = ["--from-checkpoint", "net.pth", "--mean", "0.5", "0.5", "0.5", "--validation-images", "9", "--push"]
    assert parse_arguments(arguments) == RunOptions(
        from_checkpoint=Path("net.pth"),
        mean=(0.5, 0.5, 0.5),
        changes={"validation_images": 9},
        push=PushOptions(push=True),
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--private"], "--private belongs to --push or --push-only"),
        (["--repo-id", "somebody/net", "--revision", "trial"], "--repo-id belongs to --push or --push-only"),
        (["--push", "--find-lr"], "--find-lr makes no release that could be pushed"),
        (["--push", "--push-only", "here"], "not allowed with argument"),
        (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
        (
            ["--from-checkpoint", "a.pth", "--max-lr", "1"],
            "--max-lr is for training, and --from-checkpoint trains nothing",
        ),
        (["--from-checkpoint", "a.pth", "--resume"], "--resume is for training, and --from-checkpoint trains nothing"),
        (["--std", "1", "1", "1"], "--std belongs to --from-checkpoint"),
    ],
)
def test_options_that_contradict_each_other_are_refused(capsys, arguments, sentence):
    with pytest.raises(SystemExit):
        parse_arguments(arguments)
    assert sentence in capsys.readouterr().err


def test_the_terminal_holds_no_advertisement_and_no_deprecation_inside_of_lightning(caplog):
    caplog.set_level(logging.INFO)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        hush_lightning()
        pl.Trainer(logger=False, accelerator="cpu", enable_checkpointing=False)
        _map_and_unflatten(str, [1], _tree_flatten(1)[1])
    assert "GPU available" in caplog.text and "Tip" not in caplog.text and not warned


def test_data_that_is_not_there_is_told_before_anything_is_loaded_wherever_it_was_named(monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", "/no/such/data")
    monkeypatch.setattr("training.train.keep_to_granted_cores", lambda _: pytest.fail("too late"))
    with pytest.raises(SystemExit, match="No data in /no/such/data: there is no such file or folder"):
        main([])


@pytest.mark.parametrize("name", ["wandb", "trackio"])
def test_a_logger_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch, name):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=f"--logger {name} needs a package that is not here: pip install {name}"):
        main(["--logger", name])


def test_help_answers_without_loading_torch_and_states_the_defaults():
    script = (
        "import sys; sys.argv = ['train.py', '--help']\n"
        "from training.train import main\n"
        "try: main()\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    said = " ".join(result.stdout.split())
    assert said.endswith("False")
    for default in ("10 (fast), 24 (standard), 80 (long)", "default: 512", "default: 0.4", "default: 5000",
                    "default: 1, or what torchrun or srun started", "default: runs", "user>/cifar-xray",
                    "default: main"):  # fmt: skip
        assert default in said
