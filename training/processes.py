"""The processes of one run, whoever launched them: this script, torchrun or SLURM."""

import os

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "SLURM_PROCID")


def is_first_process() -> bool:
    """Whether this is the process that writes and publishes. In every other one, some rank is above 0."""
    return all(int(os.environ.get(name) or 0) == 0 for name in RANKS)


def launched_processes() -> tuple[int, int]:
    """How many processes torchrun started on this machine, and on how many machines; (1, 1) without torchrun."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE") or 1)
    return here, int(os.environ.get("WORLD_SIZE") or here) // here if "LOCAL_WORLD_SIZE" in os.environ else 1
