"""Every error that a user can mend ends a training command with one sentence."""

import importlib
import subprocess
import sys

import pytest

from tests.architecture import ROOT, modules
from training.errors import TrainingError

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
