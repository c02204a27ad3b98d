"""What every handler works on: one release on one device, and the picture that the visitor chose."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.choices import ChoiceError
from model.images import ImageError, prepare, to_tensor
from model.network import STAGES, CifarResNet
from model.release import Release

Inputs = ParamSpec("Inputs")
Answer = TypeVar("Answer")

NO_PICTURE = "Choose a picture first: drop one on the picture panel, paste it, or click an example."
MODEL_QUEUE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 4}
QUIET: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
STAGE_CHOICES = [
    (f"{number}: {stage.name}, {stage.resolution}×{stage.resolution}", stage.name)
    for number, stage in enumerate(STAGES, start=1)
]


@dataclass(frozen=True)
class ServedRelease:
    """A release whose network lives on `device`. Nothing in it changes while the app runs."""

    release: Release
    network: CifarResNet
    device: torch.device
    reason: str

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.network.config.class_names

    def look(
        self, image: str | bytes | None, squaring: str
    ) -> tuple[UInt8[np.ndarray, "32 32 3"], Float[Tensor, "1 3 32 32"]]:
        """The picture as the network sees it: as pixels, and as its input on the device.

        Raises ImageError if there is none, or if it cannot be read.
        """
        if image is None:
            raise ImageError(NO_PICTURE)
        if isinstance(image, bytes):
            pixels = prepare(image, squaring)
        else:
            status = Path(image).stat()
            pixels = _prepare_once(image, status.st_mtime_ns, status.st_size, squaring)
        return pixels, to_tensor(pixels[None]).to(self.device)


@functools.lru_cache(maxsize=128)
def _prepare_once(path: str, _modified: int, _size: int, squaring: str) -> UInt8[np.ndarray, "32 32 3"]:
    """Decoding a phone's photo costs ten times what explaining it does, and every control asks for it again."""
    pixels = prepare(path, squaring)
    pixels.setflags(write=False)
    return pixels


def serve(release: Release, reason: str) -> ServedRelease:
    """A release on the GPU if there is one, else on the CPU. `reason` says why this release."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # The release's figures are float32's; cuDNN would otherwise round convolutions to TF32.
    torch.backends.cudnn.allow_tf32 = False
    return ServedRelease(release, release.network.to(device), device, reason)


def answers(handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
    """Turns the library's own errors into Gradio's, whose message reaches the visitor and the API unmasked."""

    @functools.wraps(handler)
    def wrapped(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Answer:
        try:
            return handler(*args, **kwargs)
        except (ImageError, ChoiceError) as error:
            raise gr.Error(str(error), title="Not possible", print_exception=False) from error

    return wrapped
