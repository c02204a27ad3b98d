import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tests.conftest import ROOT
from training.options import PushOptions, RunOptions


def test_options_are_read_without_loading_torch():
    script = "import sys, training.options; print(sorted({'torch', 'pytorch_lightning', 'numpy'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_a_run_shares_its_batches_among_the_processes_of_all_machines():
    assert RunOptions().processes == 1
    assert RunOptions(devices=4, num_nodes=3).processes == 12


def test_a_release_goes_to_the_main_branch_unless_another_is_named():
    assert PushOptions().branch == "main"
    assert PushOptions(revision="trial").branch == "trial"


@pytest.mark.parametrize("options", [RunOptions(), PushOptions()])
def test_nobody_changes_options_on_their_way(options):
    with pytest.raises(FrozenInstanceError):
        options.out = Path("elsewhere")
