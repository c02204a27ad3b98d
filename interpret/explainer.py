"""A release on a device, ready to explain images: its network, preprocessing, and the answers that took long.

explainer = explainer_for(load_release(BUNDLED))
explanation = explain(explainer, Question("cat.png"))  # interpret.explanation
"""

import copy
import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import Cam
from model.images import ImageError, prepare, share_cropped, to_tensor
from model.network import CifarResNet
from model.release import Release

KEPT_ANSWERS = 64

ImageSource = str | Path | bytes
"""A file's path, or the bytes of one: PNG, JPEG or what else `model.images` reads."""


@dataclass(frozen=True)
class Explainer:
    """A release and its network on `device`; threads may share it.

    Nothing in it changes, but that maps which took long are kept: this network's own, so that one whose network was
    replaced starts with none. (On ZeroGPU each request runs in a process of its own, and nothing is kept.)
    """

    release: Release
    network: CifarResNet
    device: torch.device
    slow_answers: Callable[[Hashable], list[Cam]] = field(
        default_factory=lambda: places_for_answers(KEPT_ANSWERS), init=False, repr=False, compare=False
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.network.config.class_names

    def pixels(self, image: ImageSource, resize_mode: str = "crop") -> UInt8[np.ndarray, "32 32 3"]:
        """The image as the network sees it: RGB, 0 to 255. A file is decoded once for each resize mode.

        Raises ImageError if it cannot be read, or for an unknown resize mode.
        """
        if isinstance(image, bytes):
            return prepare(image, resize_mode)
        return _prepare_once(*_file_of(image), resize_mode)

    def share_cropped(self, image: ImageSource) -> float:
        """How much of the image `crop` leaves out, in [0, 1). Raises as `pixels` does."""
        if isinstance(image, bytes):
            return share_cropped(image)
        return _share_cropped_once(*_file_of(image))

    def preprocess(
        self, image: ImageSource, resize_mode: str = "crop"
    ) -> tuple[UInt8[np.ndarray, "32 32 3"], Float[Tensor, "1 3 32 32"]]:
        """The image as the network sees it: as pixels, and as its input on the device. Raises as `pixels` does."""
        pixels = self.pixels(image, resize_mode)
        return pixels, to_tensor(pixels[None]).to(self.device)


def explainer_for(release: Release) -> Explainer:
    """The release on the GPU if there is one, else on the CPU. The release's own network stays on the CPU."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # The release's figures are float32's; cuDNN would otherwise round convolutions to TF32.
    torch.backends.cudnn.allow_tf32 = False
    network = release.network
    return Explainer(release, network if device.type == "cpu" else copy.deepcopy(network).to(device), device)


def _file_of(image: str | Path) -> tuple[str, int, int]:
    """A file as it is now: its path, when it was changed, and its size."""
    try:
        status = Path(image).stat()
    except OSError as error:
        raise ImageError(f"There is no file {str(image)!r}.") from error
    return str(image), status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=128)
def _share_cropped_once(path: str, _modified: int, _size: int) -> float:
    return share_cropped(path)


@functools.lru_cache(maxsize=128)
def _prepare_once(path: str, _modified: int, _size: int, resize_mode: str) -> UInt8[np.ndarray, "32 32 3"]:
    """Decoding a phone's photo costs more than explaining it does, and every setting asks for it again."""
    pixels = prepare(path, resize_mode)
    pixels.setflags(write=False)
    return pixels


def places_for_answers(count: int) -> Callable[[Hashable], list[Any]]:
    """Gives a list for the answer to a question, empty at first; the `count` that were asked for last are kept.

    Without a lock, which a process that is forked for ZeroGPU could inherit locked.
    """
    return functools.lru_cache(maxsize=count)(lambda question: [])
