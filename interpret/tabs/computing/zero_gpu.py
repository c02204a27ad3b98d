"""ZeroGPU lends a GPU to one call at a time. Import this before anything that asks torch about CUDA."""

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Inputs = ParamSpec("Inputs")
Answer = TypeVar("Answer")

SECONDS = 20
ON_ZERO_GPU = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")

if ON_ZERO_GPU:
    import spaces  # only Spaces on ZeroGPU have it; it refuses to load once torch was asked whether there is CUDA


def lend_gpu(handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
    """Has a handler run in ZeroGPU's forked child, its arguments and results pickled; elsewhere it stays as it is.

    It must be the outermost wrapper: what is raised in the child and is no gr.Error reaches the visitor as "ZeroGPU
    worker error".
    """
    return spaces.GPU(duration=SECONDS)(handler) if ON_ZERO_GPU else handler
