"""What this machine offers to a training run."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from training.errors import TrainingError

PACKAGES = ("torch", "torchvision", "pytorch-lightning", "albumentations", "numpy", "safetensors")


class AcceleratorError(TrainingError):
    """An accelerator was asked for that is not there."""


def fast_precision(accelerator: str) -> str:
    """Lightning's name of the fastest precision that trains this network well here: bf16 where it is native."""
    if trains_on_gpu(accelerator):
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
    capabilities = torch.cpu.get_capabilities()
    has_bf16 = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
    return "bf16-mixed" if has_bf16 else "32-true"


def check_accelerator(accelerator: str) -> None:
    """Raises AcceleratorError if a GPU was asked for and there is none."""
    if accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise AcceleratorError(
            f"--accelerator {accelerator} was asked for, but this machine has no CUDA device that torch "
            f"{torch.__version__} can use. Leave the option out to train on the CPU."
        )


def trains_on_gpu(accelerator: str) -> bool:
    """Whether a run with this choice of accelerator uses a GPU."""
    return accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def hardware_name(on_gpu: bool) -> str:
    """The device that a run uses, in words."""
    if on_gpu:
        return torch.cuda.get_device_name(0)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"


def git_commit() -> str | None:
    """The commit of the code that runs, with "+changes" if files differ from it; None outside a git checkout."""
    root = Path(__file__).resolve().parent.parent
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return f"{commit}+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def environment(precision: str, on_gpu: bool) -> dict[str, object]:
    """What a run's figures depend on beside its recipe: code, library versions, hardware and precision."""
    return {
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "hardware": hardware_name(on_gpu),
        "precision": precision,
    }
