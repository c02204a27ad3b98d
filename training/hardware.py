"""What this machine offers to a training run."""

import platform

import torch


class AcceleratorError(RuntimeError):
    """An accelerator was asked for that is not there."""


def fast_precision(accelerator: str) -> str:
    """Lightning's name of the fastest precision that trains this network well here: bf16 where it is native."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
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


def hardware_name() -> str:
    """The device that a run uses, in words."""
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"
