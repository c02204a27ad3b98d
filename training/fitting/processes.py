"""The processes of one run, whoever launched them: this script, torchrun or SLURM."""

import os

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "SLURM_PROCID")


def is_first_process() -> bool:
    """Whether this is the process that writes and publishes. In every other one, some rank is above 0."""
    return all(int(os.environ.get(name) or 0) == 0 for name in RANKS)


def launched_processes() -> tuple[int, int]:
    """How many processes torchrun or SLURM's `srun` started on each machine, and on how many; else (1, 1)."""
    if "LOCAL_WORLD_SIZE" in os.environ:
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        return here, int(os.environ.get("WORLD_SIZE") or here) // here
    if "SLURM_STEP_ID" in os.environ and not _is_interactive_shell():
        machines = int(os.environ.get("SLURM_STEP_NUM_NODES") or 1)
        return int(os.environ.get("SLURM_STEP_NUM_TASKS") or 1) // machines, machines
    return 1, 1


def _is_interactive_shell() -> bool:
    """Whether SLURM's step is a shell that somebody types in; Lightning looks at the same name."""
    return os.environ.get("SLURM_JOB_NAME") in ("bash", "interactive")
