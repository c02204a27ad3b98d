"""The precision that a run trains in: what was asked for, what it began with, or the fastest on this machine."""

import logging
import time

import torch
from torch.nn import functional as F

from training.fitting.machine import trains_on_gpu
from training.fitting.run_folder import RunFolder
from training.options import RunOptions

logger = logging.getLogger("training")


def chosen_precision(options: RunOptions, folder: RunFolder, *, resumed: bool) -> str:
    """What was asked for; else what a resumed run began with, to end with the same weights; else the fastest.

    A CPU has no float16 to train in, and Lightning takes bfloat16 for it: what is really used is what is named.
    """
    if options.precision == "16-mixed" and not trains_on_gpu(options.accelerator):
        logger.info("Precision 16-mixed on a CPU is bf16-mixed")
        return "bf16-mixed"
    if options.precision != "auto":
        return options.precision
    if resumed:
        return str(folder.load_environment()["precision"])
    # Processes that measure for themselves might not choose alike.
    return fast_precision(options.accelerator, measure=options.processes == 1)


def fast_precision(accelerator: str, *, measure: bool = True) -> str:
    """Lightning's name of the fastest precision that trains this network well here: bfloat16, or float32.

    Some CPUs have instructions for bfloat16 and are no faster with them, so both are measured if `measure` says so.
    """
    if trains_on_gpu(accelerator):
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
    capabilities = torch.cpu.get_capabilities()
    has_bf16 = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
    if has_bf16 and measure:
        has_bf16 = probe_seconds(torch.bfloat16) < probe_seconds(torch.float32)
    return "bf16-mixed" if has_bf16 else "32-true"


def probe_seconds(dtype: torch.dtype, repeats: int = 3) -> float:
    """How long a typical convolution of the network takes forwards and backwards on this CPU: the best of `repeats`."""
    weight = torch.zeros(256, 256, 3, 3, requires_grad=True)
    images = torch.zeros(64, 256, 8, 8, requires_grad=True).to(memory_format=torch.channels_last)
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            F.conv2d(images, weight, padding=1).float().sum().backward()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])
