"""What this machine offers to a training run, and how its memory serves one."""

import ctypes
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from training.errors import TrainingError

PACKAGES = ("torch", "torchvision", "pytorch-lightning", "albumentations", "numpy", "safetensors")
# Names and numbers from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
MEBIBYTE = 2**20


class AcceleratorError(TrainingError):
    """An accelerator was asked for that is not there."""


class DiskSpaceError(TrainingError):
    """A run would not fit on the disk."""


def check_accelerator(accelerator: str, devices: int = 1) -> None:
    """Raises AcceleratorError if GPUs were asked for and are not there."""
    if accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise AcceleratorError(
            f"--accelerator {accelerator} was asked for, but this machine has no CUDA device that torch "
            f"{torch.__version__} can use. Leave the option out to train on the CPU."
        )
    if devices < 1:
        raise AcceleratorError(f"--devices must be at least 1, got {devices}.")
    if trains_on_gpu(accelerator) and devices > torch.cuda.device_count():
        raise AcceleratorError(f"--devices {devices} was asked for, but this machine has {torch.cuda.device_count()}.")


def trains_on_gpu(accelerator: str) -> bool:
    """Whether a run with this choice of accelerator uses a GPU."""
    return accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def keep_freed_memory() -> bool:
    """Makes this process's malloc keep what is freed; whether it could, which takes glibc.

    By default glibc maps each activation of a batch afresh and gives it back at once, so that every step pays for
    millions of page faults. Kept, the same pages serve every step. The process never shrinks afterwards.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 256 * MEBIBYTE))
    return all(mallopt(*setting) == 1 for setting in settings)


def hardware_name(on_gpu: bool) -> str:
    """The device that a run uses, in words."""
    if on_gpu:
        return torch.cuda.get_device_name(0)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"


def git_commit() -> str | None:
    """The commit of the code that runs, with "+changes" if files differ from it; None outside a git checkout."""
    root = Path(__file__).resolve().parents[2]
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return f"{commit}+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def check_disk_space(folder: Path, needed: int = 500 * 10**6) -> None:
    """Raises DiskSpaceError if `folder`, which need not exist yet, has less than `needed` bytes free for a run."""
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise DiskSpaceError(
            f"A run needs {needed / 1e6:.0f} MB for its checkpoints, logs and release, but {folder} has "
            f"{free / 1e6:.0f} MB free. Make room, or choose another folder with --out."
        )


def environment(precision: str, on_gpu: bool, processes: int = 1) -> dict[str, object]:
    """What a run's figures depend on beside its recipe: code, library versions, hardware and precision."""
    return {
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "hardware": hardware_name(on_gpu),
        "processes": processes,
        "precision": precision,
    }
