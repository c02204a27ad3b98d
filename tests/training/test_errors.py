"""Every error that a user can mend ends a training command with one sentence."""

import errno
import importlib
import subprocess
import sys

import pytest

from tests.architecture import ROOT, modules
from training.errors import TrainingError, disk_is_full

# They end where they are raised: as a TrainingError that names the release.
CAUGHT_INSIDE = {"CardError", "MissingFigureError"}


@pytest.mark.parametrize("name", [each.name for each in modules() if each.name.startswith("training.")])
def test_an_error_of_training_is_one_that_a_command_ends_with(name):
    module = importlib.import_module(name)
    errors = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Exception)]
    own = [each for each in errors if each.__module__ == name and each.__name__ not in CAUGHT_INSIDE]
    assert all(issubclass(each, TrainingError) for each in own)


def test_a_command_line_can_say_what_is_wrong_before_torch_is_loaded():
    code = "import sys, training.errors, training.options; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def chained(first: Exception, then: Exception) -> Exception:
    try:
        try:
            raise first
        except Exception:
            raise then  # noqa: B904 - as it happens while a run is torn down
    except Exception as error:
        return error


def test_a_full_disk_is_known_behind_whatever_was_raised_for_it():
    full = OSError(errno.ENOSPC, "No space left on device")
    torch_s = RuntimeError("[enforce fail at inline_container.cc:664] . PytorchStreamWriter failed writing file data/3")
    for error in (full, torch_s, chained(full, ValueError("I/O operation on closed file"))):
        assert disk_is_full(error)
    for error in (None, OSError(errno.EACCES, "Permission denied"), chained(ValueError("a"), KeyError("b"))):
        assert not disk_is_full(error)


def test_a_full_disk_ends_a_command_with_one_sentence(monkeypatch):
    from training import train

    def fill(options):
        raise chained(OSError(errno.ENOSPC, "No space left on device"), ValueError("closed"))

    monkeypatch.setattr(train, "train_and_push", fill)
    with pytest.raises(
        SystemExit, match=r"train\.py: There is no space left on the disk of here; make room, and --resume"
    ):
        train.main(["--out", "here"])
