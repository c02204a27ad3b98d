"""How many processor cores a container grants: torch sees only how many the machine has."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def granted_cores(cgroups: Path) -> int | None:
    """The container's quota of processor time, in cores and rounded up; None if it has none, or off Linux.

    The kernel's `cpu.max` (control groups version 2) or `cpu.cfs_quota_us` over `cpu.cfs_period_us` (version 1).
    """
    try:
        if (cgroups / "cpu.max").exists():
            quota, period = (cgroups / "cpu.max").read_text().split()
        else:
            quota, period = ((cgroups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        cores = math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such files, or "max"
        return None
    return cores if cores > 0 else None


def keep_to_granted_cores(processes: int = 1) -> None:
    """Gives OpenMP, and so torch, no more threads than cores: the kernel would stop them all for most of the time.

    To be called before torch is imported, with the number of processes that share the container. An OMP_NUM_THREADS
    that is set is left alone.
    """
    cores = granted_cores(CGROUPS)
    if cores is not None and cores < len(os.sched_getaffinity(0)):
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // processes)))
