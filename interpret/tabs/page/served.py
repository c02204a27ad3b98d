"""What every handler works on: one release on one device, and the picture that the visitor chose."""

import copy
import functools
import inspect
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import Cam
from interpret.choices import ChoiceError
from interpret.tabs.page.files import in_files
from interpret.tabs.page.zero_gpu import lend_gpu
from model.choice import Choice
from model.images import ImageError, prepare, to_tensor
from model.network import STAGES, CifarResNet
from model.release import Release

Inputs = ParamSpec("Inputs")
Answer = TypeVar("Answer")

NO_PICTURE = "Choose a picture first: drop one on the picture panel, paste it, or click an example."
GONE = "The picture is no longer on the server; choose or upload it again."
KEPT_ANSWERS = 64
STAGE_CHOICES = [
    (f"{number}: {stage.name}, {stage.resolution}×{stage.resolution}", stage.name)
    for number, stage in enumerate(STAGES, start=1)
]


@dataclass(frozen=True)
class ServedRelease:
    """The chosen release, and its network on `device`. Nothing in it changes while the app runs, but that maps which
    took long are kept, and what it takes to make them: this network's own, so a replaced one starts with none. (On
    ZeroGPU each handler runs in a process of its own, and nothing is kept.)"""

    choice: Choice
    network: CifarResNet
    device: torch.device
    slow_answers: Callable[[Hashable], list[Cam]] = field(
        default_factory=lambda: places_for_answers(KEPT_ANSWERS), init=False, repr=False, compare=False
    )

    @property
    def release(self) -> Release:
        """As it was loaded; its own network stays on the CPU."""
        return self.choice.release

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.network.config.class_names

    @property
    def description(self) -> str:
        """Which release this is, and why it is not the one that was asked for if it is not."""
        which = f"release {self.release.identifier} ({self.choice.origin})"
        return f"{which}, because {self.choice.problem}" if self.choice.problem else which

    def about(self) -> dict[str, Any]:
        """Which release answers, at which commit, from where and why, how good it is, and on which device it runs.

        Returns:
            release, origin, commit (null if not from the Hub), problem (null if it is the release that was asked for),
            test_accuracy (a share), test_count, temperature, class_names and device.
        """
        return {
            "release": self.release.identifier,
            "origin": self.choice.origin,
            "commit": self.choice.commit,
            "problem": self.choice.problem,
            "test_accuracy": self.release.test_accuracy,
            "test_count": self.release.metrics.test.count,
            "temperature": self.release.config.temperature,
            "class_names": list(self.class_names),
            "device": self.device.type,
        }

    def pixels(self, image: str | bytes | None, squaring: str) -> UInt8[np.ndarray, "32 32 3"]:
        """The picture as the network sees it. Raises ImageError if there is none, or if it cannot be read."""
        if image is None:
            raise ImageError(NO_PICTURE)
        if isinstance(image, bytes):
            return prepare(image, squaring)
        try:
            status = Path(image).stat()
        except OSError as error:  # Gradio empties its cache of uploads once a day
            raise ImageError(GONE) from error
        return _prepare_once(image, status.st_mtime_ns, status.st_size, squaring)

    def look(
        self, image: str | bytes | None, squaring: str
    ) -> tuple[UInt8[np.ndarray, "32 32 3"], Float[Tensor, "1 3 32 32"]]:
        """The picture as the network sees it: as pixels, and as its input on the device. Raises as `pixels` does."""
        pixels = self.pixels(image, squaring)
        return pixels, to_tensor(pixels[None]).to(self.device)

    def answers(self, handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
        """Turns the library's own errors into Gradio's, whose message reaches the visitor and the API unmasked, and
        pictures into files that stay whole.

        The documentation of the endpoint then names the release; so does every error if it is not the one asked for.
        """
        note = f" (Answered by {self.description}.)" if self.choice.problem else ""

        @contextmanager
        def worded() -> Iterator[None]:
            try:
                yield
            except (ImageError, ChoiceError) as error:
                raise gr.Error(f"{error}{note}", title="Not possible", print_exception=False) from error

        @functools.wraps(handler)
        def once(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Answer:
            with worded():
                return in_files(handler(*args, **kwargs))

        @functools.wraps(handler)
        def in_steps(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Any:
            with worded():
                for answer in handler(*args, **kwargs):  # type: ignore[attr-defined]
                    yield in_files(answer)

        wrapped = in_steps if inspect.isgeneratorfunction(handler) else once
        first, *rest = (handler.__doc__ or "").split("\n", 1)
        wrapped.__doc__ = "\n".join([f"{first} Answered by {self.description}.".strip(), *rest])
        return wrapped

    def answers_on_gpu(self, handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
        """As `answers`, for handlers that run the network: on ZeroGPU they run where a GPU is lent."""
        return lend_gpu(self.answers(handler))


@functools.lru_cache(maxsize=128)
def _prepare_once(path: str, _modified: int, _size: int, squaring: str) -> UInt8[np.ndarray, "32 32 3"]:
    """Decoding a phone's photo costs ten times what explaining it does, and every control asks for it again."""
    pixels = prepare(path, squaring)
    pixels.setflags(write=False)
    return pixels


def places_for_answers(count: int) -> Callable[[Hashable], list[Any]]:
    """Gives a list for the answer to a question, empty at first; the `count` that were asked for last are kept.

    Without a lock, which a process that is forked for ZeroGPU could inherit locked.
    """
    return functools.lru_cache(maxsize=count)(lambda question: [])


def serve(choice: Choice) -> ServedRelease:
    """The chosen release on the GPU if there is one, else on the CPU."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # The release's figures are float32's; cuDNN would otherwise round convolutions to TF32.
    torch.backends.cudnn.allow_tf32 = False
    network = choice.release.network
    return ServedRelease(choice, network if device.type == "cpu" else copy.deepcopy(network).to(device), device)
