import os
import subprocess
import sys

import pytest

from interpret.tabs.computing.zero_gpu import lend_gpu
from tests.conftest import ROOT

LENT = """
import sys
from types import SimpleNamespace

lent = []
sys.modules["spaces"] = SimpleNamespace(GPU=lambda duration: lambda handler: lent.append((duration, handler)) or len)
from interpret.tabs.computing.zero_gpu import lend_gpu
print(lend_gpu(print) is len, [(duration, handler is print) for duration, handler in lent], "torch" in sys.modules)
"""


def test_elsewhere_a_handler_stays_as_it_is():
    assert lend_gpu(len) is len


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("true", "True [(20, True)] False"),
        ("1", "True [(20, True)] False"),
        ("T", "True [(20, True)] False"),
        ("false", "False [] False"),
        ("", "False [] False"),
    ],
)
def test_on_zero_gpu_it_is_lent_a_gpu_for_twenty_seconds_before_torch_is_asked(variable, said):
    environment = {**os.environ, "SPACES_ZERO_GPU": variable}
    result = subprocess.run([sys.executable, "-c", LENT], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == said, result.stderr
