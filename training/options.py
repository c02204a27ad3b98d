"""What a run can be told beside its recipe, with every default. Imports no torch, so that `--help` answers at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUBSET_MARKER = "SUBSET"  # a file in a folder that holds a deliberate excerpt of CIFAR-10
BATCHES_FOLDER = "cifar-10-batches-py"  # as the authors of CIFAR-10 call it
DEFAULT_REPOSITORY = "cifar-xray"
DEFAULT_BRANCH = "main"
PRECISIONS = ("auto", "bf16-mixed", "16-mixed", "32-true", "64-true")
LOGGERS = ("tensorboard", "csv", "wandb", "trackio")
ACCELERATORS = ("auto", "cpu", "gpu", "cuda")


def named_place(data_dir: str | Path | None) -> Path | None:
    """The file or folder of the data that was named, here or in the environment's CIFAR10_DIR; None: the Hub."""
    named = data_dir or os.environ.get("CIFAR10_DIR")
    return Path(named).expanduser() if named else None


def is_marked_excerpt(place: Path) -> bool:
    """Whether a folder, a file in it, or the folder of batches in it, is marked as an excerpt of CIFAR-10."""
    folder = place if place.is_dir() else place.parent
    around = [folder.parent] if folder.name == BATCHES_FOLDER else []
    return any((each / SUBSET_MARKER).exists() for each in (folder, *around))


@dataclass(frozen=True)
class PushOptions:
    """Whether and where a release goes on the Hub.

    `push` pushes the run's own release, `push_only` one that is on disk. No `repo_id` means DEFAULT_REPOSITORY of the
    token's owner, no `revision` DEFAULT_BRANCH. Without `allow_excerpt` nothing is pushed that was made from an excerpt
    of CIFAR-10; without `allow_worse` nothing in place of a better release, or of one judged on other pictures.
    """

    push: bool = False
    push_only: Path | None = None
    repo_id: str | None = None
    private: bool = False
    revision: str | None = None
    allow_excerpt: bool = False
    allow_worse: bool = False

    @property
    def branch(self) -> str:
        return self.revision or DEFAULT_BRANCH


@dataclass(frozen=True)
class RunOptions:
    """One run: its data, its recipe, the machine that it runs on, and what becomes of its release.

    No `data_dir` means the environment's CIFAR10_DIR, else the Hub; no `preset` the default one. `changes` holds the
    recipe's fields that were given, and what they shall be. `precision` and `accelerator` are Lightning's names.
    `logger` is who is told of losses beside the run's own CSV. `devices` counts GPUs, or processes on the CPU, of each
    of `num_nodes` machines. A run that shall `resume` goes on from `checkpoint`, else from the newest one in `out`.
    With `from_checkpoint` nothing is trained: the release is made of the weights in that file, which were trained on
    pictures normalised by `mean` and `std` (None: the data's own).
    """

    data_dir: Path | None = None
    preset: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    precision: str = PRECISIONS[0]
    accelerator: str = ACCELERATORS[0]
    devices: int = 1
    num_nodes: int = 1
    resume: bool = False
    checkpoint: Path | None = None
    find_lr: bool = False
    logger: str = LOGGERS[0]
    from_checkpoint: Path | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    out: Path = Path("runs")
    push: PushOptions = PushOptions()

    @property
    def processes(self) -> int:
        """How many processes share every batch, on all machines together."""
        return self.devices * self.num_nodes
