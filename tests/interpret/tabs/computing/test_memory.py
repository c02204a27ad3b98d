import ctypes
import os
import sys

import pytest
import torch

from interpret.tabs.computing import memory
from interpret.tabs.computing.memory import give_back_freed_memory
from interpret.tabs.computing.threads import MANY, ComputingThreads
from tests.hostile.judged import memory_of

PIECES, PIECE = 400, 25_000  # floats, each piece below the size for which malloc asks the system


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no glibc")
def test_what_was_freed_goes_back_to_the_system():
    pieces = [torch.ones(PIECE) for _ in range(PIECES)]
    last = torch.ones(PIECE)  # keeps what lies below from being given back without being asked
    full = memory_of(os.getpid())
    del pieces
    assert give_back_freed_memory() and memory_of(os.getpid()) < full - 10 and len(last) == PIECE


def test_where_malloc_is_another_nothing_happens(monkeypatch):
    memory._malloc_trim.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not give_back_freed_memory()
    memory._malloc_trim.cache_clear()


@pytest.mark.parametrize(("steps", "times"), [(1, 0), (MANY, 1)])
def test_it_is_given_back_after_what_took_many_steps(monkeypatch, steps, times):
    given = []
    monkeypatch.setattr("interpret.tabs.computing.threads.give_back_freed_memory", lambda: given.append(True))
    threads = ComputingThreads(count=1)
    assert len(list(threads.step_by_step(iter_of(steps)))) == steps and len(given) == times


def iter_of(steps: int):
    yield from range(steps)
