import os
from dataclasses import replace

import pytest

from training.fitting.run_folder import ResumeError, RunFolder, RunFolderError, newest_checkpoint, prepare_run
from training.options import RunOptions
from training.presets import PRESETS
from training.recipe import Recipe
from training.train import parse_arguments


def started(path, processes=1, **recipe):
    """The checkpoint of a run that was stopped after its first epoch."""
    folder = RunFolder(path)
    folder.start(Recipe(**recipe), {"processes": processes})
    folder.checkpoints.mkdir()
    folder.last_checkpoint.touch()
    return folder.last_checkpoint


def test_a_run_folder_remembers_the_recipe_and_the_environment_of_its_run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.start(Recipe(epochs=3), {"processes": 2})
    assert folder.load_recipe() == Recipe(epochs=3) and folder.load_environment() == {"processes": 2}


def test_runs_of_the_same_second_get_folders_of_their_own(tmp_path):
    paths = []
    for _ in range(3):
        folder = RunFolder.new(tmp_path)
        folder.start(Recipe(), {})
        paths.append(folder.path)
    assert len(set(paths)) == 3 and {path.parent for path in paths} == {tmp_path}


def test_a_new_run_has_no_checkpoint_and_writes_nothing_yet(tmp_path):
    run = prepare_run(RunOptions(out=tmp_path))
    assert run.checkpoint is None and not run.folder.path.exists()


def test_a_resumed_run_goes_on_with_its_own_recipe_from_the_newest_checkpoint(tmp_path):
    checkpoint = started(tmp_path / "run", epochs=3, batch_size=25)
    run = prepare_run(RunOptions(resume=True, out=tmp_path))
    assert (run.checkpoint, run.folder.path) == (checkpoint, tmp_path / "run")
    assert run.recipe == Recipe(epochs=3, batch_size=25)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"changes": {"epochs": 4}}, r"cannot resume with \{'epochs': 4\}"),
        ({"preset": "fast"}, r"cannot resume with .*'epochs': 10"),
        ({"devices": 2, "num_nodes": 2}, r"started with 1 processes.* cannot resume with 4"),
    ],
)
def test_a_run_does_not_resume_as_another_one(tmp_path, options, sentence):
    checkpoint = started(tmp_path / "run", epochs=3)
    with pytest.raises(ResumeError, match=sentence):
        prepare_run(RunOptions(resume=True, checkpoint=checkpoint, **options))


def test_a_checkpoint_outside_a_run_is_refused(tmp_path):
    (tmp_path / "last.ckpt").touch()
    with pytest.raises(ResumeError, match="does not belong to a run"):
        prepare_run(RunOptions(resume=True, checkpoint=tmp_path / "last.ckpt"))


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


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_preset_is_the_recipe_unless_an_option_changes_it(tmp_path, preset):
    run = prepare_run(parse_arguments(["--preset", preset, "--seed", "7", "--out", str(tmp_path)]))
    assert run.recipe == replace(PRESETS[preset].recipe, seed=7)
    changed = prepare_run(parse_arguments(["--preset", preset, "--epochs", "3", "--out", str(tmp_path)]))
    assert changed.recipe == replace(PRESETS[preset].recipe, epochs=3)
